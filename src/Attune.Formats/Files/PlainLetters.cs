using System.Buffers;
using System.Globalization;
using System.Text;

namespace Attune.Formats;

/// <summary>
/// Makes JSON as Python's <c>json.dumps(ensure_ascii=False)</c> does: characters stand for themselves but for the quote, the backslash and the controls below the blank. The encoders of
/// System.Text.Json escape every character beyond the Basic Multilingual Plane and some within it.
/// </summary>
public static class PlainLetters
{
    /// <summary>Length of an escape such as <c>\u00e9</c>.</summary>
    private const int EscapeLength = 6;

    /// <summary>Writes sound JSON with its letters as they are.</summary>
    /// <param name="json">The JSON, in UTF-8.</param>
    /// <param name="output">Where to.</param>
    public static void Write(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        while (json.IndexOf((byte)'\\') is >= 0 and int at)
        {
            output.Write(json[..at]);
            json = json[at..];
            int read = Take(json, output);
            json = json[read..];
        }

        output.Write(json);
    }

    /// <summary>Writes what an escape stands for, or the escape; gives its length.</summary>
    private static int Take(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        if (json[1] != (byte)'u')
        {
            output.Write(json[..2]);
            return 2;
        }

        char first = Unit(json);
        ReadOnlySpan<byte> second = json[EscapeLength..];
        int read = EscapeLength;
        if (!Rune.TryCreate(first, out Rune rune) && Rune.TryCreate(first, Unit(second), out rune))
        {
            read += EscapeLength;
        }

        Span<byte> text = stackalloc byte[EscapeLength];
        if (rune.Value is < ' ' or '"' or '\\')
        {
            Ascii.ToLower(json[..EscapeLength], text, out _);
            output.Write(text);
            return EscapeLength;
        }

        output.Write(text[..rune.EncodeToUtf8(text)]);
        return read;
    }

    /// <summary>The unit of UTF-16 that an escape stands for; 0 when there is no escape.</summary>
    private static char Unit(ReadOnlySpan<byte> json) =>
        json.Length >= EscapeLength && json.StartsWith("\\u"u8) && ushort.TryParse(json[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit) ? (char)unit : '\0';
}
