using System.Buffers.Binary;

namespace Attune.Data.Compression;

/// <summary>Decoder of Snappy blocks.</summary>
/// <remarks>Source: format_description.txt of Snappy.</remarks>
internal static class Snappy
{
    /// <summary>Decodes a block.</summary>
    /// <exception cref="InvalidDataException">The block is damaged, or gives more than <paramref name="limit"/> bytes.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> source, int limit)
    {
        var input = new ByteCursor(source);
        ulong size = input.Varint();
        if (size > (ulong)limit)
        {
            throw new InvalidDataException($"expected at most {limit} bytes, found {size}");
        }

        var output = new OutputBuffer((int)size);
        while (!input.IsAtEnd)
        {
            int tag = input.Byte();
            int length = (tag >> 2) + 1;
            switch (tag & 3)
            {
                case 0:
                    output.Append(input.Bytes(length <= 60 ? length : Number(ref input, length - 60) + 1L));
                    break;
                case 1:
                    output.AppendMatch(((tag >> 5) << 8) | input.Byte(), ((tag >> 2) & 7) + 4, output.Length);
                    break;
                case 2:
                    output.AppendMatch(Number(ref input, 2), length, output.Length);
                    break;
                default:
                    output.AppendMatch(Number(ref input, 4), length, output.Length);
                    break;
            }
        }

        return output.Length == (int)size ? output.ToArray() : throw new InvalidDataException($"expected {size} bytes, found {output.Length}");
    }

    private static int Number(ref ByteCursor input, int width)
    {
        Span<byte> wide = stackalloc byte[4];
        input.Bytes(width).CopyTo(wide);
        int value = BinaryPrimitives.ReadInt32LittleEndian(wide);
        return value >= 0 ? value : throw new InvalidDataException("a length or distance is beyond 2 GiB");
    }
}
