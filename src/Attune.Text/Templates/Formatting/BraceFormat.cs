using System.Globalization;
using System.Text;
using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary><c>'{} {name.key!r:&gt;8}'.format(...)</c>, as Python formats, with the sandbox's access to attributes.</summary>
internal sealed class BraceFormat(Interpreter run, IReadOnlyList<Value> values, List<KeyValuePair<string, Value>> named)
{
    private int _next;

    public static string Apply(Interpreter run, string format, IReadOnlyList<Value> values, List<KeyValuePair<string, Value>> named) =>
        new BraceFormat(run, values, named).Apply(format, nested: false);

    private string Apply(string format, bool nested)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is not ('{' or '}'))
            {
                result.Append(c);
            }
            else if (i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(c);
                i++;
            }
            else if (c == '}')
            {
                throw new TemplateFault("the format has a '}' without '{'; write '}}' for the character");
            }
            else
            {
                int end = FieldEnd(format, i);
                string field = Field(format[(i + 1)..end], nested);
                run.Charge(1 + (field.Length / FormatSpec.WidthPerStep));
                result.Append(field);
                i = end;
            }

            run.CheckLength(result.Length);
        }

        run.Charge(format.Length / StringValue.CharactersPerStep);
        return result.ToString();
    }

    private static int FieldEnd(string format, int start)
    {
        int open = 0;
        for (int i = start; i < format.Length; i++)
        {
            open += format[i] == '{' ? 1 : format[i] == '}' ? -1 : 0;
            if (open == 0)
            {
                return i;
            }
        }

        throw new TemplateFault("the format has a '{' that is not closed; write '{{' for the character");
    }

    private string Field(string field, bool nested)
    {
        int mark = field.AsSpan().IndexOfAny('!', ':');
        string name = mark < 0 ? field : field[..mark];
        string rest = mark < 0 ? "" : field[mark..];
        Value value = Find(name);
        if (rest.StartsWith('!'))
        {
            value = Convert(value, rest.Length > 1 ? rest[1] : '\0');
            rest = rest[2..];
        }

        if (rest.Length > 0 && rest[0] != ':')
        {
            throw new TemplateFault("the format needs ':' after a conversion such as '!r'");
        }

        string spec = rest.Length > 0 ? rest[1..] : "";
        if (spec.Contains('{') || spec.Contains('}'))
        {
            spec = nested ? throw new TemplateFault("the fields of a format are nested too deep") : Apply(spec, nested: true);
        }

        if (spec.Length == 0)
        {
            return run.TextOf(value);
        }

        FormatSpec parsed = ParseSpec(spec);
        run.Charge(value is StringValue ? parsed.Work() : parsed.Work(value));
        return Write(value, parsed);
    }

    private Value Find(string path)
    {
        int end = path.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? path : path[..end];
        Value value = First(first);
        for (int i = end < 0 ? path.Length : end; i < path.Length;)
        {
            if (path[i] == '.')
            {
                int stop = path.AsSpan(i + 1).IndexOfAny('.', '[');
                stop = stop < 0 ? path.Length : i + 1 + stop;
                value = Lookup.Attribute(value, new StringValue(path[(i + 1)..stop]));
                i = stop;
            }
            else
            {
                int stop = path.IndexOf(']', i);
                if (path[i] != '[' || stop < 0)
                {
                    throw new TemplateFault($"the format has a bad field '{path}'");
                }

                string key = path[(i + 1)..stop];
                value = Lookup.Item(value, int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? IntValue.Of(index) : new StringValue(key));
                i = stop + 1;
            }
        }

        return value;
    }

    private Value First(string name)
    {
        bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
        if (isNumber || name.Length == 0)
        {
            index = isNumber ? index : _next++;
            return index < values.Count ? values[index] : throw new TemplateFault($"the format needs value {index}, found {values.Count} values");
        }

        int i = named.FindIndex(entry => entry.Key == name);
        return i >= 0 ? named[i].Value : throw new TemplateFault($"the format needs '{name}', which is not given");
    }

    private StringValue Convert(Value value, char conversion)
    {
        if (conversion is not ('s' or 'r' or 'a'))
        {
            throw new TemplateFault("the format has an unknown conversion; '!s', '!r' and '!a' are known");
        }

        if (conversion == 's')
        {
            return new StringValue(run.TextOf(value));
        }

        var repr = new StringBuilder();
        run.ChargePrinting(value);
        run.Printer(repr).Repr(value);
        return new StringValue(repr.ToString());
    }

    private static string Write(Value value, FormatSpec spec) => value switch
    {
        StringValue text when spec.Type is '\0' or 's' && spec.Align != '=' => NumberFormat.Text(text.Text, spec),
        FloatValue number when spec.Type is not ('d' or 'x' or 'X' or 'o' or 'b' or 's' or 'c') => NumberFormat.Float(number.Value, spec),
        _ when !Number.TryInteger(value, out _) => throw new TemplateFault($"a value of type '{value.TypeName}' cannot be formatted that way"),
        _ when spec.Type is 'f' or 'F' or 'e' or 'E' or 'g' or 'G' or '%' => NumberFormat.Float(Number.TryDouble(value, out double d) ? d : 0, spec),
        _ when spec.Type is '\0' or 'd' or 'x' or 'X' or 'o' or 'b' or 'n' && spec.Precision < 0 => NumberFormat.Integer(Number.TryInteger(value, out var i) ? i : 0, spec),
        _ => throw new TemplateFault($"a value of type '{value.TypeName}' cannot be formatted that way"),
    };

    private static FormatSpec ParseSpec(string text)
    {
        int i = 0;
        string fill = " ";
        char align = '\0';
        int fillSize = PythonText.SizeAt(text, 0);
        if (text.Length > fillSize && IsAlign(text[fillSize]))
        {
            (fill, align, i) = (text[..fillSize], text[fillSize], fillSize + 1);
        }
        else if (IsAlign(text[0]))
        {
            (align, i) = (text[0], 1);
        }

        char sign = Take("+- ");
        bool alternate = Take("#") != '\0';
        if (Take("0") != '\0' && align == '\0')
        {
            (fill, align) = ("0", '=');
        }

        int width = Size() ?? 0;
        char grouping = Take(",_");
        int precision = Take(".") != '\0' ? Size() ?? throw new TemplateFault("the format needs digits after '.'") : -1;
        char type = i < text.Length ? text[i++] : '\0';
        if (i < text.Length || !"\0bcdeEfFgGnosxX%".Contains(type))
        {
            throw new TemplateFault($"the format '{text}' is not known");
        }

        return new FormatSpec
        {
            Fill = fill,
            Align = align,
            Sign = sign == '-' ? '\0' : sign,
            Alternate = alternate,
            Width = width,
            Grouping = grouping,
            Precision = precision,
            Type = type,
        };

        char Take(string any) => i < text.Length && any.Contains(text[i]) ? text[i++] : '\0';

        int? Size()
        {
            int start = i, size = 0;
            for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
            {
                size = (size * 10) + (text[i] - '0');
                if (size > FormatSpec.MaxSize)
                {
                    throw new TemplateFault($"a width or precision of a format is at most {FormatSpec.MaxSize}");
                }
            }

            return i > start ? size : null;
        }
    }

    private static bool IsAlign(char c) => c is '<' or '>' or '^' or '=';
}
