using System.Globalization;
using System.Text;

namespace Attune.Text.Templates.Syntax;

/// <summary>The escapes of a string literal, as Python reads them.</summary>
internal static class StringLiteral
{
    /// <summary>Decodes the text between the quotes; an unknown escape stays as it is.</summary>
    public static string Unescape(ReadOnlySpan<char> text, int position)
    {
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }

        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            char escape = text[++i];
            int hexDigits = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (hexDigits > 0)
            {
                AppendHex(result, text[(i + 1)..], escape, hexDigits, position);
                i += hexDigits;
            }
            else if (escape is >= '0' and <= '7')
            {
                i += AppendOctal(result, text[i..]) - 1;
            }
            else if (escape == 'N')
            {
                throw new TemplateFault("character names (\\N{...}) are not supported in strings; write \\uXXXX", position);
            }
            else
            {
                AppendSimple(result, escape);
            }
        }

        return result.ToString();
    }

    private static void AppendSimple(StringBuilder result, char escape)
    {
        switch (escape)
        {
            case '\n': break;
            case 'n': result.Append('\n'); break;
            case 't': result.Append('\t'); break;
            case 'r': result.Append('\r'); break;
            case 'a': result.Append('\a'); break;
            case 'b': result.Append('\b'); break;
            case 'f': result.Append('\f'); break;
            case 'v': result.Append('\v'); break;
            case '\\' or '\'' or '"': result.Append(escape); break;
            default: result.Append('\\').Append(escape); break;
        }
    }

    private static void AppendHex(StringBuilder result, ReadOnlySpan<char> text, char escape, int digits, int position)
    {
        if (text.Length < digits || !int.TryParse(text[..digits], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) || code is < 0 or > 0x10FFFF)
        {
            throw new TemplateFault($"the escape \\{escape} needs {digits} hexadecimal digits of a character", position);
        }

        PythonText.AppendCodePoint(result, code);
    }

    private static int AppendOctal(StringBuilder result, ReadOnlySpan<char> text)
    {
        int code = 0, length = 0;
        while (length < 3 && length < text.Length && text[length] is >= '0' and <= '7')
        {
            code = (code * 8) + (text[length++] - '0');
        }

        result.Append((char)code);
        return length;
    }
}
