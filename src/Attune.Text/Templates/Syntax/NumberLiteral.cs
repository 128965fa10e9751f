using System.Globalization;
using System.Numerics;

namespace Attune.Text.Templates.Syntax;

/// <summary>Numbers as they are written: decimal, hexadecimal, octal and binary integers, and floats; underscores may stand between digits.</summary>
internal static class NumberLiteral
{
    /// <summary>Reads the number that begins at a digit and moves behind it.</summary>
    public static Token Read(string source, ref int position)
    {
        int start = position;
        int bits = char.ToLowerInvariant(At(source, start + 1)) switch { 'x' => 4, 'o' => 3, 'b' => 1, _ => 0 };
        if (source[start] == '0' && bits > 0 && ReadRadix(source, start + 2, bits, ref position) is { } integer)
        {
            return new Token(TokenKind.Integer, start, "", integer);
        }

        // After a dot ("list.0.1") digits are a key, never a fraction.
        bool mayBeFloat = start == 0 || source[start - 1] != '.';
        bool isFloat = false;
        SkipDigits(source, ref position);
        if (mayBeFloat && At(source, position) == '.' && char.IsAsciiDigit(At(source, position + 1)))
        {
            position++;
            SkipDigits(source, ref position);
            isFloat = true;
        }

        int sign = At(source, position + 1) is '+' or '-' ? 1 : 0;
        if (mayBeFloat && At(source, position) is 'e' or 'E' && char.IsAsciiDigit(At(source, position + 1 + sign)))
        {
            position += 1 + sign;
            SkipDigits(source, ref position);
            isFloat = true;
        }

        string digits = source[start..position].Replace("_", "", StringComparison.Ordinal);
        return isFloat
            ? new Token(TokenKind.Float, start, "", Float: double.Parse(digits, CultureInfo.InvariantCulture))
            : new Token(TokenKind.Integer, start, "", ParseDecimal(digits, start));
    }

    private static BigInteger ParseDecimal(string digits, int position)
    {
        if (digits.Length > Number.MaxDigits)
        {
            throw new TemplateFault($"an integer has at most {Number.MaxDigits} digits, found {digits.Length}", position);
        }

        if (digits[0] == '0' && digits.AsSpan().ContainsAnyExcept('0'))
        {
            throw new TemplateFault("an integer does not begin with 0 (0o, 0x and 0b are allowed)", position);
        }

        return BigInteger.Parse(digits, CultureInfo.InvariantCulture);
    }

    /// <summary>Reads digits of a power of two as base; null when there are none.</summary>
    private static BigInteger? ReadRadix(string source, int from, int bits, ref int position)
    {
        BigInteger? value = null;
        for (int i = from; (i - from) * bits < Number.MaxBits; i++)
        {
            int skip = At(source, i) == '_' ? 1 : 0;
            char c = At(source, i + skip);
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 16;
            if (digit >= 1 << bits)
            {
                break;
            }

            value = ((value ?? 0) << bits) | digit;
            i += skip;
            position = i + 1;
        }

        return value;
    }

    private static char At(string source, int position) => position < source.Length ? source[position] : '\0';

    private static void SkipDigits(string source, ref int position)
    {
        while (char.IsAsciiDigit(At(source, position)) || (At(source, position) == '_' && char.IsAsciiDigit(At(source, position + 1))))
        {
            position++;
        }
    }
}
