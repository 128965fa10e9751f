using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>Filters that make text of text.</summary>
internal static partial class TextFilters
{
    public static readonly Builtin[] All =
    [
        new("string", "value", a => a[0] as StringValue ?? new StringValue(a.Text(0))),
        new("upper", "value", a => Result(a, LetterCase.Upper(a.Text(0)))),
        new("lower", "value", a => Result(a, LetterCase.Lower(a.Text(0)))),
        new("capitalize", "value", a => Result(a, LetterCase.Capitalize(a.Text(0)))),
        new("title", "value", a => Result(a, Title(a.Characters(0)))),
        new("trim", "value chars?", a => Result(a, PythonText.Strip(a.Text(0), a.OptionalCharacters(1)).ToString())),
        new("replace", "value old new count?", a => Result(a, StringSearch.Replace(a.Run, a.Text(0), a.Text(1), a.Text(2), a.OptionalNotNone(3) is null ? -1 : a.Integer(3)))),
        new("center", "value width?", a => Result(a, StringMethods.Center(a.Run, new StringValue(a.Text(0)), a.Integer(1, 80), " "))),
        new("indent", "value width? first? blank?", Indent),
        new("truncate", "value length? killwords? end? leeway?", Truncate),
        new("wordwrap", "value width? break_long_words? wrapstring? break_on_hyphens?", WordWrap),
        new("wordcount", "value", a => IntValue.Of(WordCount(a.Characters(0)))),
        new("format", "value * **", Format),
        new("urlencode", "value", UrlEncode),
    ];

    private static StringValue Result(Arguments a, string text) => new(text, a[0] is StringValue { IsMarkup: true });

    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (string part in WordStarts().Split(text).Where(part => part.Length > 0))
        {
            int first = PythonText.SizeAt(part, 0);
            result.Append(LetterCase.Upper(part[..first])).Append(LetterCase.Lower(part[first..]));
        }

        return result.ToString();
    }

    /// <summary>How often <c>\w+</c> matches; other than in .NET's patterns, marks that combine with a letter end a word.</summary>
    private static int WordCount(string text)
    {
        int count = 0;
        bool inWord = false;
        for (int i = 0; i < text.Length; i += PythonText.SizeAt(text, i))
        {
            bool isWord = text[i] == '_' || StringPredicates.IsAlphanumeric(text, i);
            count += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }

        return count;
    }

    private static StringValue Indent(Arguments a)
    {
        string text = a.String(0).Text;
        int width = a.Optional(1) is StringValue ? 0 : a.Integer(1, 4);
        a.Run.CheckLength(width);
        string blanks = a.Optional(1) is StringValue given ? given.Text : new string(' ', Math.Max(0, width));
        bool first = a.Flag(2), blank = a.Flag(3);

        // The added line end makes a text that ends with one keep its last, empty line.
        List<string> lines = PythonText.SplitLines(text + "\n");
        var result = new StringBuilder(first ? blanks : "").Append(lines[0]);
        foreach (string line in lines.Skip(1))
        {
            a.Run.CheckLength((long)result.Length + blanks.Length + line.Length + 1);
            result.Append('\n').Append(blank || line.Length > 0 ? blanks : "").Append(line);
        }

        return Result(a, result.ToString());
    }

    private static Value Truncate(Arguments a)
    {
        var end = new StringValue(a.Text(3, "..."));
        int length = a.Integer(1, 255), leeway = a.OptionalNotNone(4) is null ? 5 : a.Integer(4);
        if (length < end.Length || leeway < 0)
        {
            throw new TemplateFault(leeway < 0 ? $"truncate needs a leeway of at least 0, found {leeway}" : $"truncate needs a length of at least {end.Length}, found {length}");
        }

        if (a[0].Count is { } count && count <= (long)length + leeway)
        {
            return a[0];
        }

        StringValue text = a.String(0);
        string start = text.Text[..PythonText.IndexOfCodePoint(text, length - end.Length)];
        int cut = a.Flag(2) ? -1 : start.LastIndexOf(' ');
        return Result(a, (cut < 0 ? start : start[..cut]) + end.Text);
    }

    private static StringValue WordWrap(Arguments a)
    {
        int width = a.Integer(1, 79);
        if (width <= 0)
        {
            throw new TemplateFault($"wordwrap needs a width above 0, found {width}");
        }

        string text = a.String(0).Text;
        a.Run.ChargeCharacters(text);
        string lineEnd = a.OptionalString(3) ?? "\n";
        var wrapper = new WordWrapper(width, a.Flag(2, true), a.Flag(4, true));
        List<string> lines = [.. PythonText.SplitLines(text).Select(line => string.Join(lineEnd, wrapper.Wrap(line)))];
        a.Run.CheckLength(lines.Sum(line => (long)line.Length + lineEnd.Length));
        return Result(a, string.Join(lineEnd, lines));
    }

    private static StringValue Format(Arguments a)
    {
        if (a.More.Length > 0 && a.MoreNamed.Count > 0)
        {
            throw new TemplateFault("format takes values or named values, not both");
        }

        Value values = new TupleValue(a.More);
        if (a.MoreNamed.Count > 0)
        {
            values = new DictValue(new OrderedDictionary<Value, Value>(a.MoreNamed.Select(named => KeyValuePair.Create<Value, Value>(new StringValue(named.Key), named.Value))));
        }

        return PercentFormat.Apply(a.Run, a[0] as StringValue ?? new StringValue(a.Text(0)), values);
    }

    private static StringValue UrlEncode(Arguments a)
    {
        if (a[0] is StringValue || a[0].Items is null)
        {
            return new StringValue(Quote(a.Characters(0), inQuery: false));
        }

        var parts = new List<string>();
        foreach (Value pair in a[0] is DictValue dict ? dict.Pairs : a.Run.Iterate(a[0]))
        {
            if (pair is not SequenceValue { Elements: [var key, var value] })
            {
                throw a.WrongType(pair, "pairs of a name and a value");
            }

            a.Run.ChargePrinting(pair);
            parts.Add(Quote(a.Run.TextOf(key), inQuery: true) + "=" + Quote(a.Run.TextOf(value), inQuery: true));
        }

        return new StringValue(string.Join('&', parts));
    }

    private static string Quote(string text, bool inQuery)
    {
        var result = new StringBuilder(text.Length);
        foreach (byte b in System.Text.Encoding.UTF8.GetBytes(text))
        {
            char c = (char)b;
            _ = char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !inQuery) ? result.Append(c)
                : c == ' ' && inQuery ? result.Append('+')
                : result.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return result.ToString();
    }

    [GeneratedRegex(@"([-\s({\[<]+)")]
    private static partial Regex WordStarts();
}
