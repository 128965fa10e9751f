using System.Runtime.CompilerServices;

namespace Attune.Text.Unicode;

/// <summary>Reading of well-formed UTF-8, the form that all text has inside the pipeline.</summary>
internal static class Utf8
{
    /// <summary>The code point that starts at a position, and its size in bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Decode(ReadOnlySpan<byte> text, int position, out int size)
    {
        int first = text[position];
        if (first < 0x80)
        {
            size = 1;
            return first;
        }

        return DecodeLong(text[position..], first, out size);
    }

    /// <summary>The code point that ends before a position, and its size in bytes.</summary>
    public static int DecodeBefore(ReadOnlySpan<byte> text, int position, out int size)
    {
        int start = position - 1;
        while (IsContinuation(text[start]))
        {
            start--;
        }

        return Decode(text, start, out size);
    }

    /// <summary>Whether a byte continues a character.</summary>
    public static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;

    /// <summary>Writes a code point; gives its size in bytes.</summary>
    public static int Encode(int codePoint, Span<byte> target)
    {
        switch (codePoint)
        {
            case < 0x80:
                target[0] = (byte)codePoint;
                return 1;
            case < 0x800:
                target[1] = (byte)(0x80 | (codePoint & 0x3F));
                target[0] = (byte)(0xC0 | (codePoint >> 6));
                return 2;
            case < 0x10000:
                target[2] = (byte)(0x80 | (codePoint & 0x3F));
                target[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
                target[0] = (byte)(0xE0 | (codePoint >> 12));
                return 3;
            default:
                target[3] = (byte)(0x80 | (codePoint & 0x3F));
                target[2] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
                target[1] = (byte)(0x80 | ((codePoint >> 12) & 0x3F));
                target[0] = (byte)(0xF0 | (codePoint >> 18));
                return 4;
        }
    }

    private static int DecodeLong(ReadOnlySpan<byte> text, int first, out int size)
    {
        if (first < 0xE0)
        {
            size = 2;
            return ((first & 0x1F) << 6) | (text[1] & 0x3F);
        }

        if (first < 0xF0)
        {
            size = 3;
            return ((first & 0x0F) << 12) | ((text[1] & 0x3F) << 6) | (text[2] & 0x3F);
        }

        size = 4;
        return ((first & 0x07) << 18) | ((text[1] & 0x3F) << 12) | ((text[2] & 0x3F) << 6) | (text[3] & 0x3F);
    }
}
