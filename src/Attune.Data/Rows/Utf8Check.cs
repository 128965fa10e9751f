using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Attune.Data.Rows;

/// <summary>Strict UTF-8: overlong forms, surrogates and cut sequences are errors with a place.</summary>
internal static class Utf8Check
{
    public const string Reason = "invalid UTF-8";

    /// <summary>Null when the bytes are UTF-8; else what is wrong and where.</summary>
    public static string? Find(ReadOnlySpan<byte> bytes)
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

        string hint = bytes.StartsWith([(byte)0xFF, (byte)0xFE]) || bytes.StartsWith([(byte)0xFE, (byte)0xFF])
            ? "; the file looks like UTF-16, save it as UTF-8"
            : string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"byte {at} of the row is 0x{bytes[at]:X2}{hint}");
    }
}
