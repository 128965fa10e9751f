using System.Numerics;
using System.Text;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary><c>'%s is %.2f' % values</c>, as Python formats.</summary>
internal sealed class PercentFormat
{
    private readonly Interpreter _run;
    private readonly string _format;
    private readonly bool _isMarkup;
    private readonly Value _values;
    private readonly Value[] _inOrder;
    private int _position;
    private int _next;
    private bool _usedNames;

    private PercentFormat(Interpreter run, StringValue format, Value values)
    {
        _run = run;
        _format = format.Text;
        _isMarkup = format.IsMarkup;
        _values = values;
        _inOrder = values is TupleValue tuple ? tuple.Elements : [values];
    }

    /// <summary>Formats values; a format that is markup escapes the texts it takes in.</summary>
    public static StringValue Apply(Interpreter run, StringValue format, Value values) => new(new PercentFormat(run, format, values).Apply(), format.IsMarkup);

    private string Apply()
    {
        var result = new StringBuilder();
        while (_position < _format.Length)
        {
            int before = result.Length;
            int percent = _format.IndexOf('%', _position);
            percent = percent < 0 ? _format.Length : percent;
            result.Append(_format, _position, percent - _position);
            _position = percent + 1;
            if (percent < _format.Length)
            {
                result.Append(Directive());
            }

            _run.Charge(1 + ((result.Length - before) / FormatSpec.WidthPerStep));
            _run.CheckLength(result.Length);
        }

        if (_next < _inOrder.Length && !_usedNames && _values is not (DictValue or ListValue or UndefinedValue))
        {
            throw new TemplateFault($"the format takes {_next} values, found {_inOrder.Length}");
        }

        return result.ToString();
    }

    private string Directive()
    {
        Value? named = Current == '(' ? Named() : null;
        bool left = false, zero = false, alternate = false;
        char sign = '\0';
        for (; Current is '-' or '+' or ' ' or '#' or '0'; _position++)
        {
            left |= Current == '-';
            zero |= Current == '0';
            alternate |= Current == '#';
            sign = Current is '+' or ' ' && sign != '+' ? Current : sign;
        }

        int width = Size();
        if (width < 0)
        {
            (left, width) = (true, -width);
        }

        int precision = -1;
        if (Current == '.')
        {
            _position++;
            precision = Math.Max(0, Size());
        }

        while (Current is 'h' or 'l' or 'L')
        {
            _position++;
        }

        char type = Current;
        _position++;
        if (type == '%')
        {
            return "%";
        }

        bool isNumber = type is not ('s' or 'r' or 'a' or 'c');
        var spec = new FormatSpec
        {
            Width = width,
            Precision = precision,
            Sign = sign,
            Alternate = alternate,
            Align = left ? '<' : zero && isNumber ? '=' : '>',
            Fill = zero && isNumber && !left ? "0" : " ",
            Type = type is 'i' or 'u' ? 'd' : type,
        };
        return Write(named ?? TakeNext(), spec);
    }

    private char Current => _position < _format.Length ? _format[_position] : '\0';

    private string Write(Value value, FormatSpec spec)
    {
        _run.Charge(spec.Type is 's' or 'r' or 'a' ? spec.Work() : spec.Work(value));
        switch (spec.Type)
        {
            case 's':
                string text = _run.TextOf(value);
                return NumberFormat.Text(_isMarkup && value is not StringValue { IsMarkup: true } ? HtmlText.Escape(text) : text, spec);
            case 'r' or 'a':
                var repr = new StringBuilder();
                _run.ChargePrinting(value);
                _run.Printer(repr).Repr(value);
                return NumberFormat.Text(repr.ToString(), spec);
            case 'c':
                return NumberFormat.Text(Character(value), spec with { Precision = -1 });
            case 'd' or 'x' or 'X' or 'o':
                return NumberFormat.Integer(Whole(value, allowFloat: spec.Type == 'd'), spec);
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                return Number.TryDouble(value, out double number) ? NumberFormat.Float(number, spec) : throw WrongType(value, "a number");
            default:
                throw new TemplateFault(spec.Type == '\0' ? "the format ends inside a directive" : $"the format has an unknown directive '%{spec.Type}'");
        }
    }

    private static TemplateFault WrongType(Value value, string expected) => value is UndefinedValue undefined
        ? undefined.Fault()
        : new TemplateFault($"the format needs {expected}, found a value of type '{value.TypeName}'");

    private static BigInteger Whole(Value value, bool allowFloat) =>
        Number.TryInteger(value, out BigInteger integer) ? integer
        : allowFloat && value is FloatValue number && double.IsFinite(number.Value) ? new BigInteger(number.Value)
        : throw WrongType(value, "an integer");

    private static string Character(Value value)
    {
        if (value is StringValue { Length: 1 } text)
        {
            return text.Text;
        }

        BigInteger code = Whole(value, allowFloat: false);
        if (code < 0 || code > 0x10FFFF)
        {
            throw new TemplateFault($"the format needs a code point up to 1114111, found {code}");
        }

        var character = new StringBuilder();
        PythonText.AppendCodePoint(character, (int)code);
        return character.ToString();
    }

    private Value Named()
    {
        int end = _format.IndexOf(')', _position);
        if (end < 0 || _values is not DictValue mapping)
        {
            throw new TemplateFault(end < 0 ? "the format has a name that is not closed by ')'" : "a format with names needs a mapping");
        }

        string name = _format[(_position + 1)..end];
        _position = end + 1;
        _usedNames = true;
        return mapping.Item(new StringValue(name)) ?? throw new TemplateFault($"the format needs '{name}', which the mapping does not have");
    }

    private Value TakeNext() => _next < _inOrder.Length ? _inOrder[_next++] : throw new TemplateFault($"the format takes more than {_inOrder.Length} values");

    private int Size()
    {
        if (Current == '*')
        {
            _position++;
            return (int)Checked(Whole(TakeNext(), allowFloat: false));
        }

        long size = 0;
        for (; char.IsAsciiDigit(Current); _position++)
        {
            size = (long)Checked((size * 10) + (Current - '0'));
        }

        return (int)size;
    }

    private static BigInteger Checked(BigInteger size) =>
        BigInteger.Abs(size) <= FormatSpec.MaxSize ? size : throw new TemplateFault($"a width or precision of a format is at most {FormatSpec.MaxSize}");
}
