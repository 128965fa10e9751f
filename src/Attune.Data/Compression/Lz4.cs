using System.Buffers.Binary;

namespace Attune.Data.Compression;

/// <summary>Decoder of LZ4: bare blocks, frames, and the blocks with sizes that Hadoop writes.</summary>
/// <remarks>Source: lz4_Block_format.md and lz4_Frame_format.md of LZ4. Checksums are not looked at.</remarks>
internal static class Lz4
{
    private const uint FrameMagic = 0x184D2204;
    private const int MinMatch = 4;

    /// <summary>Decodes a bare block.</summary>
    /// <exception cref="InvalidDataException">The block is damaged, or gives more than <paramref name="limit"/> bytes.</exception>
    public static byte[] DecodeBlock(ReadOnlySpan<byte> source, int limit)
    {
        var output = new OutputBuffer(limit);
        Block(source, output);
        return output.ToArray();
    }

    /// <summary>Decodes a frame.</summary>
    /// <exception cref="InvalidDataException">The frame is damaged, or gives more than <paramref name="limit"/> bytes.</exception>
    public static byte[] DecodeFrame(ReadOnlySpan<byte> source, int limit)
    {
        var input = new ByteCursor(source);
        if (input.UInt32() != FrameMagic)
        {
            throw new InvalidDataException("expected an LZ4 frame");
        }

        int flags = input.Byte();
        input.Byte();
        bool hasBlockChecksums = (flags & 0x10) != 0;
        input.Bytes(((flags & 8) != 0 ? 8 : 0) + ((flags & 1) != 0 ? 4 : 0) + 1);
        var output = new OutputBuffer(limit);
        while (input.UInt32() is var size and not 0)
        {
            ReadOnlySpan<byte> block = input.Bytes(size & 0x7FFF_FFFF);
            if (size >> 31 != 0)
            {
                output.Append(block);
            }
            else
            {
                Block(block, output);
            }

            input.Bytes(hasBlockChecksums ? 4 : 0);
        }

        return output.ToArray();
    }

    /// <summary>Decodes blocks that stand behind their sizes, as Hadoop writes them; other writers of the same name give a bare block.</summary>
    /// <exception cref="InvalidDataException">The data is neither, or gives more than <paramref name="limit"/> bytes.</exception>
    public static byte[] DecodeHadoop(ReadOnlySpan<byte> source, int limit)
    {
        var output = new OutputBuffer(limit);
        try
        {
            var input = new ByteCursor(source);
            while (!input.IsAtEnd)
            {
                uint size = BinaryPrimitives.ReverseEndianness(input.UInt32());
                int before = output.Length;
                Block(input.Bytes(BinaryPrimitives.ReverseEndianness(input.UInt32())), output);
                if (output.Length - before != size)
                {
                    throw new InvalidDataException("the sizes do not fit");
                }
            }

            return output.ToArray();
        }
        catch (InvalidDataException)
        {
            return DecodeBlock(source, limit);
        }
    }

    private static void Block(ReadOnlySpan<byte> source, OutputBuffer output)
    {
        var input = new ByteCursor(source);
        while (!input.IsAtEnd)
        {
            int token = input.Byte();
            output.Append(input.Bytes(Length(ref input, token >> 4)));
            if (input.IsAtEnd)
            {
                return;
            }

            int distance = input.UInt16();
            output.AppendMatch(distance, checked((int)(Length(ref input, token & 15) + MinMatch)), output.Length);
        }
    }

    private static long Length(ref ByteCursor input, int length)
    {
        if (length < 15)
        {
            return length;
        }

        long sum = length;
        byte more;
        do
        {
            more = input.Byte();
            sum += more;
        }
        while (more == byte.MaxValue);
        return sum <= int.MaxValue - MinMatch ? sum : throw new InvalidDataException("a length is beyond 2 GiB");
    }
}
