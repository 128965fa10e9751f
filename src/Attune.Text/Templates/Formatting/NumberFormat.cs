using System.Globalization;
using System.Numerics;
using System.Text;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>How a value is to be written in a format string: <c>[[fill]align][sign][#][0][width][,][.precision][type]</c>.</summary>
internal readonly record struct FormatSpec
{
    /// <summary>Largest width and precision.</summary>
    public const int MaxSize = 100_000;

    /// <summary>Characters that are made, with some copies of them, for one step of work.</summary>
    public const int WidthPerStep = 4;

    public FormatSpec()
    {
    }

    public string Fill { get; init; } = " ";

    /// <summary><c>&lt;</c>, <c>&gt;</c>, <c>^</c>, <c>=</c> (between sign and digits) or 0 for the type's own.</summary>
    public char Align { get; init; }

    /// <summary><c>+</c>, a blank, or 0 for a sign before negative numbers only.</summary>
    public char Sign { get; init; }

    public bool Alternate { get; init; }

    public int Width { get; init; }

    /// <summary><c>,</c>, <c>_</c> or 0 for no separator between thousands.</summary>
    public char Grouping { get; init; }

    /// <summary>-1 when none is given.</summary>
    public int Precision { get; init; } = -1;

    /// <summary>0 when none is given.</summary>
    public char Type { get; init; }

    /// <summary>Work to fill a text up, in steps.</summary>
    public long Work() => Width / WidthPerStep;

    /// <summary>Work to write a number, in steps: digits are made in a time that grows with the square of their number.</summary>
    public long Work(Value number)
    {
        const int DigitsPerStep = 12;
        return Work() + ((long)Precision * Precision >> DigitsPerStep) + number.Weight;
    }
}

/// <summary>Writes numbers and texts as Python's format strings ask for.</summary>
internal static class NumberFormat
{
    /// <summary>A text, cut to the precision and filled to the width.</summary>
    public static string Text(string text, FormatSpec spec)
    {
        var value = new StringValue(text);
        if (spec.Precision >= 0 && spec.Precision < value.Length)
        {
            value = new StringValue(text[..PythonText.IndexOfCodePoint(value, spec.Precision)]);
        }

        return Fill("", value.Text, value.Length, spec, '<');
    }

    /// <summary>An integer in base 10 (<c>d</c>), 16 (<c>x</c>, <c>X</c>), 8 (<c>o</c>) or 2 (<c>b</c>).</summary>
    public static string Integer(BigInteger value, FormatSpec spec)
    {
        int radix = spec.Type switch { 'x' or 'X' => 16, 'o' => 8, 'b' => 2, _ => 10 };
        string digits = radix == 10 ? BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture) : ToBase(BigInteger.Abs(value), radix);
        digits = digits.PadLeft(Math.Max(0, spec.Precision), '0');
        digits = Group(digits, spec.Grouping, radix == 10 ? 3 : 4);
        string prefix = SignOf(value.Sign < 0, spec) + (spec.Alternate && radix != 10 ? "0" + spec.Type : "");
        digits = spec.Type == 'X' ? digits.ToUpperInvariant() : digits;
        return Fill(prefix, digits, digits.Length, spec, '>');
    }

    /// <summary>A float in the form <c>f</c>, <c>e</c>, <c>g</c>, <c>%</c> or, without a type, as <c>repr</c> or <c>g</c>.</summary>
    public static string Float(double value, FormatSpec spec)
    {
        char type = char.ToLowerInvariant(spec.Type);
        int precision = spec.Precision < 0 ? 6 : spec.Precision;
        double size = Math.Abs(type == '%' ? value * 100 : value);
        string digits = !double.IsFinite(size) ? double.IsNaN(size) ? "nan" : "inf" : type switch
        {
            'f' or '%' => FloatText.Fixed(size, precision),
            'e' => Exponential(size, precision),
            '\0' when spec.Precision < 0 => FloatText.Repr(size),
            _ => General(size, Math.Max(precision, 1), keepZeros: spec.Alternate, keepPoint: type == '\0'),
        };
        if (spec.Alternate && precision == 0 && !digits.Contains('.'))
        {
            digits += ".";
        }

        int point = digits.AsSpan().IndexOfAnyExceptInRange('0', '9');
        digits = point < 0 ? Group(digits, spec.Grouping, 3) : Group(digits[..point], spec.Grouping, 3) + digits[point..];
        digits += type == '%' ? "%" : "";
        digits = char.IsAsciiLetterUpper(spec.Type) ? digits.ToUpperInvariant() : digits;
        return Fill(SignOf(double.IsNegative(value) && !double.IsNaN(value), spec), digits, digits.Length, spec, '>');
    }

    private static string SignOf(bool negative, FormatSpec spec) => negative ? "-" : spec.Sign == '\0' ? "" : spec.Sign.ToString();

    private static string Exponential(double size, int precision)
    {
        (string digits, int exponent) = FloatText.Significant(size, precision + 1);
        return FloatText.Scientific(digits, exponent);
    }

    private static string General(double size, int precision, bool keepZeros, bool keepPoint)
    {
        (string digits, int exponent) = FloatText.Significant(size, precision);
        bool scientific = exponent < -4 || exponent >= (keepPoint ? precision - 1 : precision);
        digits = keepZeros ? digits : digits.TrimEnd('0') is { Length: > 0 } trimmed ? trimmed : "0";
        if (scientific)
        {
            return FloatText.Scientific(digits, exponent);
        }

        digits = exponent < 0 ? new string('0', -exponent) + digits : digits.PadRight(exponent + 1, '0');
        int whole = Math.Max(exponent, 0) + 1;
        return digits.Length > whole ? digits[..whole] + "." + digits[whole..] : keepPoint ? digits + ".0" : digits;
    }

    private static string Group(string digits, char separator, int size)
    {
        if (separator == '\0')
        {
            return digits;
        }

        var result = new StringBuilder(digits);
        for (int i = digits.Length - size; i > 0; i -= size)
        {
            result.Insert(i, separator);
        }

        return result.ToString();
    }

    private static string ToBase(BigInteger value, int radix)
    {
        string digits = value.ToString(radix == 16 ? "x" : "b", CultureInfo.InvariantCulture).TrimStart('0');
        if (radix == 8)
        {
            digits = digits.PadLeft((digits.Length + 2) / 3 * 3, '0');
            digits = string.Concat(digits.Chunk(3).Select(bits => (char)('0' + ((bits[0] - '0') * 4) + ((bits[1] - '0') * 2) + (bits[2] - '0'))));
        }

        return digits.Length > 0 ? digits : "0";
    }

    private static string Fill(string prefix, string text, int length, FormatSpec spec, char defaultAlign)
    {
        int missing = Math.Max(0, spec.Width - prefix.Length - length);
        char align = spec.Align == '\0' ? defaultAlign : spec.Align;
        int left = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        string before = Repeat(spec.Fill, left), after = Repeat(spec.Fill, missing - left);
        return align == '=' ? prefix + before + text : before + prefix + text + after;
    }

    private static string Repeat(string fill, int count) => string.Concat(Enumerable.Repeat(fill, count));
}
