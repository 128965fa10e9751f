using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>Filters for numbers.</summary>
internal static class NumberFilters
{
    /// <summary>Halves are found from the exact digits.</summary>
    private const int StepsPerRounding = 8, DigitsPerStep = 9;

    public static readonly Builtin[] All =
    [
        new("abs", "value", Abs),
        new("int", "value default? base?", Int),
        new("float", "value default?", Float),
        new("round", "value precision? method?", Round),
        new("filesizeformat", "value binary?", FileSize),
    ];

    private static Value Abs(Arguments a) => a[0] is FloatValue number ? new FloatValue(Math.Abs(number.Value)) : IntValue.Of(BigInteger.Abs(a.BigInteger(0)));

    private static Value Int(Arguments a)
    {
        Value fallback = a.Optional(1) ?? IntValue.Of(0);
        double number;
        switch (a[0])
        {
            case UndefinedValue undefined:
                throw undefined.Fault();
            case StringValue text when Number.TryParseInteger(text.Text, a.Integer(2, 10), out BigInteger integer):
                return IntValue.Of(integer);
            case StringValue text:
                number = Number.TryParseDouble(text.Text, out number) ? number : double.NaN;
                return double.IsFinite(number) ? IntValue.Of(new BigInteger(number)) : fallback;
            case FloatValue value:
                return double.IsFinite(value.Value) ? IntValue.Of(new BigInteger(value.Value))
                    : double.IsNaN(value.Value) ? fallback
                    : throw new TemplateFault("an infinite number is no integer");
            default:
                return Number.TryInteger(a[0], out BigInteger whole) ? IntValue.Of(whole) : fallback;
        }
    }

    private static Value Float(Arguments a)
    {
        if (a[0] is UndefinedValue undefined)
        {
            throw undefined.Fault();
        }

        bool found = a[0] is StringValue text ? Number.TryParseDouble(text.Text, out double number) : Number.TryDouble(a[0], out number);
        return found ? new FloatValue(number) : a.Optional(1) ?? new FloatValue(0);
    }

    private static Value Round(Arguments a)
    {
        int precision = a.Integer(1);
        string method = a.Text(2, "common");
        long digits = Math.Min(Math.Abs((long)precision), Number.MaxDigits);
        a.Run.Charge(StepsPerRounding + (digits * digits >> DigitsPerStep));
        bool isInteger = Number.TryInteger(a[0], out BigInteger integer);
        if (method == "common" && isInteger)
        {
            return IntValue.Of(precision >= 0 ? integer : RoundInteger(integer, precision));
        }

        if (!Number.TryDouble(a[0], out double value))
        {
            throw a.WrongType(a[0], "a number");
        }

        double scale = Math.Pow(10, precision);
        return new FloatValue(method switch
        {
            "common" => FloatText.Round(value, precision),
            "ceil" => Math.Ceiling(value * scale) / scale,
            "floor" => Math.Floor(value * scale) / scale,
            _ => throw new TemplateFault($"round knows 'common', 'ceil' and 'floor', found '{method}'"),
        });
    }

    /// <summary>Rounds to tens, hundreds and so on; halves go to the even neighbour.</summary>
    private static BigInteger RoundInteger(BigInteger value, int precision)
    {
        if (-(long)precision > Number.MaxDigits)
        {
            return 0;
        }

        BigInteger unit = BigInteger.Pow(10, -precision);
        return FloatText.DivideRounded(value, unit) * unit;
    }

    private static StringValue FileSize(Arguments a)
    {
        bool isNumber = a[0] is StringValue text ? Number.TryParseDouble(text.Text, out double bytes) : Number.TryDouble(a[0], out bytes);
        if (!isNumber)
        {
            throw a.WrongType(a[0], "a number");
        }

        bool binary = a.Flag(1);
        double step = binary ? 1024 : 1000;
        if (bytes == 1)
        {
            return new StringValue("1 Byte");
        }

        if (bytes < step)
        {
            return new StringValue(FormattableString.Invariant($"{Math.Truncate(bytes):F0} Bytes"));
        }

        double unit = step;
        string[] prefixes = ["K", "M", "G", "T", "P", "E", "Z", "Y"];
        int i = 0;
        for (; i < prefixes.Length - 1 && bytes >= unit * step; i++)
        {
            unit *= step;
        }

        string prefix = binary ? prefixes[i] + "i" : i == 0 ? "k" : prefixes[i];
        return new StringValue($"{FloatText.Fixed(bytes / unit, 1)} {prefix}B");
    }
}
