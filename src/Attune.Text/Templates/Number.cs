using System.Buffers;
using System.Globalization;
using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Numbers as Python treats them: booleans count as integers, integers compare with floats by value.</summary>
internal static class Number
{
    /// <summary>Longest integer in decimal digits.</summary>
    public const int MaxDigits = 4300;

    /// <summary>Longest integer in bits: <see cref="MaxDigits"/> decimal digits.</summary>
    public const int MaxBits = 14_284;

    private const ulong MaxRadix = 36;

    private const double ExactIntegers = 9007199254740992;

    private static readonly SearchValues<char> FloatCharacters = SearchValues.Create("0123456789+-.eE_");

    /// <summary>Work to multiply or divide two integers, in steps.</summary>
    public static long Work(BigInteger x, BigInteger y)
    {
        const int BitsPerStep = 16;
        return x.GetBitLength() * y.GetBitLength() >> BitsPerStep;
    }

    /// <summary>An integer or boolean as an integer.</summary>
    public static bool TryInteger(Value value, out BigInteger integer)
    {
        integer = value switch { IntValue i => i.Value, BoolValue b => b.IsTrue ? 1 : 0, _ => 0 };
        return value is IntValue or BoolValue;
    }

    /// <summary>Any number as a double; integers beyond its range are an error.</summary>
    public static bool TryDouble(Value value, out double number)
    {
        if (TryInteger(value, out BigInteger integer))
        {
            number = (double)integer;
            return double.IsFinite(number) ? true : throw new TemplateFault("an integer is too large for a float");
        }

        number = value is FloatValue f ? f.Value : 0;
        return value is FloatValue;
    }

    public static bool IsNumber(Value value) => value is IntValue or BoolValue or FloatValue;

    public static bool AreEqual(Value a, Value? b) => b is not null && IsNumber(b) && Compare(a, b) == 0;

    /// <summary>The order of two numbers; null when one is not a number (NaN).</summary>
    public static int? Compare(Value a, Value b)
    {
        bool exactA = TryInteger(a, out BigInteger x), exactB = TryInteger(b, out BigInteger y);
        if (exactA && exactB)
        {
            return x.CompareTo(y);
        }

        if (exactA)
        {
            return -CompareExact(((FloatValue)b).Value, x);
        }

        double left = ((FloatValue)a).Value;
        if (exactB)
        {
            return CompareExact(left, y);
        }

        double right = ((FloatValue)b).Value;
        return double.IsNaN(left) || double.IsNaN(right) ? null : left.CompareTo(right);
    }

    public static int Hash(Value number)
    {
        if (TryInteger(number, out BigInteger integer))
        {
            return integer.GetHashCode();
        }

        double value = ((FloatValue)number).Value;
        return double.IsInteger(value) ? new BigInteger(value).GetHashCode() : value.GetHashCode();
    }

    /// <summary>Reads an integer as Python's <c>int(text, base)</c> does: blanks around it, a sign, underscores between digits, a prefix.</summary>
    public static bool TryParseInteger(string text, int radix, out BigInteger value)
    {
        value = 0;
        ReadOnlySpan<char> rest = PythonText.Strip(text, null);
        bool negative = rest.StartsWith('-');
        rest = negative || rest.StartsWith('+') ? rest[1..] : rest;
        if (rest.Length > 2 && rest[0] == '0')
        {
            int prefix = char.ToLowerInvariant(rest[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 };
            if (prefix != 0 && (radix == prefix || radix == 0))
            {
                radix = prefix;
                rest = rest[2..];
            }
        }

        radix = radix == 0 ? 10 : radix;
        if (radix is < 2 or > (int)MaxRadix || rest.IsEmpty || rest.Length > MaxDigits)
        {
            return false;
        }

        // Digits are gathered in machine words: a long integer is multiplied by each of these, not by each digit.
        ulong word = 0, scale = 1;
        for (int i = 0; i < rest.Length; i++)
        {
            if (rest[i] == '_' && i > 0 && i + 1 < rest.Length && rest[i + 1] != '_')
            {
                continue;
            }

            int digit = char.IsDigit(rest[i]) ? (int)char.GetNumericValue(rest[i]) : char.IsAsciiLetter(rest[i]) ? (rest[i] | 0x20) - 'a' + 10 : 99;
            if (digit >= radix)
            {
                return false;
            }

            word = (word * (ulong)radix) + (ulong)digit;
            scale *= (ulong)radix;
            if (scale > ulong.MaxValue / MaxRadix)
            {
                value = (value * scale) + word;
                (word, scale) = (0, 1);
            }
        }

        value = (value * scale) + word;
        value = negative ? -value : value;
        return true;
    }

    /// <summary>Reads a number as Python's <c>float(text)</c> does.</summary>
    public static bool TryParseDouble(string text, out double value)
    {
        string trimmed = PythonText.Strip(text, null).ToString();
        switch (trimmed.TrimStart('+', '-').ToLowerInvariant())
        {
            case "inf" or "infinity":
                value = trimmed[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
                return true;
            case "nan":
                value = double.NaN;
                return true;
        }

        bool digits = trimmed.AsSpan().ContainsAnyInRange('0', '9') && !trimmed.AsSpan().ContainsAnyExcept(FloatCharacters);
        return double.TryParse(trimmed.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out value) && digits;
    }

    private static int? CompareExact(double left, BigInteger right)
    {
        if (double.IsNaN(left))
        {
            return null;
        }

        if (double.IsInfinity(left) || BigInteger.Abs(right) <= (BigInteger)ExactIntegers)
        {
            return left.CompareTo((double)right);
        }

        return new BigInteger(left).CompareTo(right);
    }
}
