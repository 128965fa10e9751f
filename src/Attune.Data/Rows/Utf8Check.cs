using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Attune.Data.Rows;

/// <summary>Strict UTF-8: overlong forms, surrogates and cut sequences are errors with a place.</summary>
internal static class Utf8Check
{
    public const string Reason = "invalid UTF-8";

    /// <summary>Null when the bytes are UTF-8; else what is wrong and where, and what they may be instead.</summary>
    /// <param name="bytes">The bytes of a row, or of a field.</param>
    /// <param name="mayBeLatin1">Whether the file's format can be read in that encoding.</param>
    public static string? Find(ReadOnlySpan<byte> bytes, bool mayBeLatin1 = false)
    {
        if (Utf8.IsValid(bytes))
        {
            return null;
        }

        int at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out int used) == OperationStatus.Done)
        {
            at += used;
        }

        string hint = Kind(bytes) ?? (mayBeLatin1 ? "; for ISO 8859-1 say encoding: latin-1" : string.Empty);
        return string.Create(CultureInfo.InvariantCulture, $"byte {at} is 0x{bytes[at]:X2}{hint}");
    }

    /// <summary>What a file is that begins so and is no text in UTF-8, and what to do; null when nothing is known of it.</summary>
    public static string? Kind(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "; the file looks like UTF-16, save it as UTF-8",
        [0x1F, 0x8B, ..] => "; the file looks like gzip, let its name end in .gz",
        [(byte)'P', (byte)'K', 3, 4, ..] => "; the file looks like a zip archive or a spreadsheet, unpack it or save it as CSV in UTF-8",
        _ => null,
    };

    /// <summary>Whether a file that begins so is UTF-16 without a byte order mark: characters of ASCII with zeros on one side of them, and so nearly all others.</summary>
    public static bool IsBareUtf16(ReadOnlySpan<byte> start)
    {
        const int FewestUnits = 2;
        int units = start.Length / 2;
        int[] zeros = [0, 0];
        for (int i = 0; i < 2 * units; i++)
        {
            zeros[i % 2] += start[i] == 0 ? 1 : 0;
        }

        // Stray zeros in UTF-8 stand on both sides, or are few. Files with a mark have an error of their own, and rows as far as they go.
        return start is not ([0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]) && units >= FewestUnits && Math.Min(zeros[0], zeros[1]) == 0 && Math.Max(zeros[0], zeros[1]) * 4 >= units * 3;
    }
}
