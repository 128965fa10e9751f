using System.Globalization;
using System.Numerics;

namespace Attune.Text.Templates;

/// <summary>Doubles as Python writes and rounds them.</summary>
internal static class FloatText
{
    /// <summary><c>repr(x)</c>: the fewest digits that read back to the same number; with an exponent below 1e-4 and from 1e16 on.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        (string digits, int exponent) = Digits(value);
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            return sign + Scientific(digits, exponent);
        }

        return sign + (exponent < 0 ? "0." + new string('0', -exponent - 1) + digits
            : digits.Length <= exponent + 1 ? digits.PadRight(exponent + 1, '0') + ".0"
            : digits[..(exponent + 1)] + "." + digits[(exponent + 1)..]);
    }

    /// <summary>The number with this many digits after the point; halves of the exact value go to the even neighbour.</summary>
    public static string Fixed(double value, int decimals)
    {
        string digits = BigInteger.Abs(Scaled(value, decimals)).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        string sign = double.IsNegative(value) ? "-" : "";
        return sign + (decimals == 0 ? digits : digits[..^decimals] + "." + digits[^decimals..]);
    }

    /// <summary><c>round(x, decimals)</c>; negative decimals round to tens, hundreds and so on.</summary>
    public static double Round(double value, int decimals) =>
        !double.IsFinite(value) || decimals > 330 ? value
        : decimals < -330 ? 0 * value
        : double.Parse((double.IsNegative(value) ? "-" : "") + BigInteger.Abs(Scaled(value, decimals)).ToString(CultureInfo.InvariantCulture) + "E" + (-decimals).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Significant digits and decimal exponent of the first one, rounded to <paramref name="count"/> digits of the exact value.</summary>
    public static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
        {
            return (new string('0', count), 0);
        }

        int exponent = Digits(value).Exponent;
        string digits = BigInteger.Abs(Scaled(value, count - 1 - exponent)).ToString(CultureInfo.InvariantCulture);

        // 9.99 rounded to two digits is 10, one digit more than asked for.
        return digits.Length > count ? (digits[..count], exponent + 1) : (digits, exponent);
    }

    /// <summary>Digits and exponent in the form <c>d.ddde+XX</c>.</summary>
    public static string Scientific(string digits, int exponent) =>
        (digits.Length > 1 ? digits[..1] + "." + digits[1..] : digits) + (exponent < 0 ? "e-" : "e+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);

    /// <summary>A quotient rounded to the nearest integer, halves to the even one. The divisor is positive.</summary>
    public static BigInteger DivideRounded(BigInteger value, BigInteger divisor)
    {
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(value), divisor, out BigInteger remainder);
        int half = (2 * remainder).CompareTo(divisor);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return value.Sign < 0 ? -quotient : quotient;
    }

    /// <summary>value * 10^decimals as the nearest integer, from the exact binary value.</summary>
    private static BigInteger Scaled(double value, int decimals)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        int power = Math.Max(exponent, 1) - 1075;
        BigInteger numerator = mantissa * BigInteger.Pow(10, Math.Max(decimals, 0)) * BigInteger.Pow(2, Math.Max(power, 0));
        BigInteger divisor = BigInteger.Pow(10, Math.Max(-decimals, 0)) * BigInteger.Pow(2, Math.Max(-power, 0));
        BigInteger scaled = DivideRounded(numerator, divisor);
        return value < 0 ? -scaled : scaled;
    }

    /// <summary>The fewest digits that read back to the same number, and the decimal exponent of the first.</summary>
    private static (string Digits, int Exponent) Digits(double value)
    {
        string shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int mark = shortest.IndexOf('E', StringComparison.Ordinal);
        string mantissa = mark < 0 ? shortest : shortest[..mark];
        int exponent = mark < 0 ? 0 : int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        int zeros = digits.Length - digits.TrimStart('0').Length;
        exponent += (point < 0 ? digits.Length : point) - 1 - zeros;
        digits = digits.Trim('0');
        return digits.Length == 0 ? ("0", 0) : (digits, exponent);
    }
}
