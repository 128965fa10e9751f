using System.Buffers.Binary;

namespace Attune.Data.Compression;

/// <summary>Decoder of Zstandard frames without dictionaries. Checksums are not looked at.</summary>
/// <remarks>Source: RFC 8878.</remarks>
internal sealed class Zstandard
{
    private const uint FrameMagic = 0xFD2F_B528;
    private const uint SkippableMagic = 0x184D_2A50;
    private const int MaxBlockBytes = 128 << 10;

    private readonly OutputBuffer _output;
    private readonly byte[] _literals = new byte[MaxBlockBytes];
    private HuffmanTable? _huffman;
    private ZstandardSequences _sequences = new();

    private Zstandard(int limit)
    {
        _output = new OutputBuffer(limit);
    }

    /// <summary>Decodes all frames of the source.</summary>
    /// <exception cref="InvalidDataException">A frame is damaged, needs a dictionary, or there are more than <paramref name="limit"/> bytes.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> source, int limit)
    {
        var decoder = new Zstandard(limit);
        var input = new ByteCursor(source);
        while (!input.IsAtEnd)
        {
            uint magic = input.UInt32();
            if ((magic & 0xFFFF_FFF0) == SkippableMagic)
            {
                input.Bytes(input.UInt32());
            }
            else if (magic == FrameMagic)
            {
                decoder.Frame(ref input);
            }
            else
            {
                throw new InvalidDataException("expected a Zstandard frame");
            }
        }

        return decoder._output.ToArray();
    }

    private void Frame(ref ByteCursor input)
    {
        int descriptor = input.Byte();
        bool isSingle = (descriptor & 0x20) != 0;
        if (!isSingle)
        {
            input.Byte();
        }

        ReadOnlySpan<byte> dictionary = input.Bytes((descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 });
        if (dictionary.ContainsAnyExcept((byte)0))
        {
            throw new InvalidDataException("the frame needs a dictionary, which is not there");
        }

        input.Bytes((descriptor >> 6) switch { 0 => isSingle ? 1 : 0, 1 => 2, 2 => 4, _ => 8 });
        _huffman = null;
        _sequences = new ZstandardSequences();
        int begin = _output.Length;
        bool isLast;
        do
        {
            ReadOnlySpan<byte> header = input.Bytes(3);
            int bits = header[0] | (header[1] << 8) | (header[2] << 16);
            isLast = (bits & 1) != 0;
            Block(ref input, (bits >> 1) & 3, bits >> 3, begin);
        }
        while (!isLast);
        input.Bytes((descriptor & 4) != 0 ? 4 : 0);
    }

    private void Block(ref ByteCursor input, int kind, int size, int begin)
    {
        switch (kind)
        {
            case 0:
                _output.Append(input.Bytes(size));
                break;
            case 1:
                _output.AppendRepeated(input.Byte(), size);
                break;
            case 2:
                var block = new ByteCursor(input.Bytes(size));
                ReadOnlySpan<byte> literals = _literals.AsSpan(0, Literals(ref block));
                _sequences.Run(ref block, literals, _output, begin);
                break;
            default:
                throw new InvalidDataException("a block is of an unknown kind");
        }
    }

    // Gives the number of literals, which then stand at the beginning of their buffer.
    private int Literals(ref ByteCursor input)
    {
        int first = input.Byte();
        int kind = first & 3;
        int format = (first >> 2) & 3;
        if (kind < 2)
        {
            int count = format switch
            {
                0 or 2 => first >> 3,
                1 => (first >> 4) | (input.Byte() << 4),
                _ => (first >> 4) | (input.UInt16() << 4),
            };
            Span<byte> plain = Room(count);
            if (kind == 0)
            {
                input.Bytes(count).CopyTo(plain);
            }
            else
            {
                plain.Fill(input.Byte());
            }

            return count;
        }

        int width = format < 2 ? 10 : format == 2 ? 14 : 18;
        ReadOnlySpan<byte> sizes = input.Bytes(format < 2 ? 2 : format + 1);
        ulong packed = (ulong)first >> 4;
        for (int i = 0; i < sizes.Length; i++)
        {
            packed |= (ulong)sizes[i] << (4 + (8 * i));
        }

        int mask = (1 << width) - 1;
        Span<byte> literals = Room((int)packed & mask);
        var body = new ByteCursor(input.Bytes((int)(packed >> width) & mask));
        if (kind == 2)
        {
            _huffman = HuffmanTable.Read(ref body);
        }

        HuffmanTable huffman = _huffman ?? throw new InvalidDataException("literals use the Huffman code of a block before, but there is none");
        if (format == 0)
        {
            huffman.Decode(body.Rest, literals);
        }
        else
        {
            FourStreams(huffman, ref body, literals);
        }

        return literals.Length;
    }

    private static void FourStreams(HuffmanTable huffman, ref ByteCursor body, Span<byte> literals)
    {
        int quarter = (literals.Length + 3) / 4;
        ReadOnlySpan<byte> jumps = body.Bytes(6);
        for (int i = 0; i < 4; i++)
        {
            ReadOnlySpan<byte> stream = i < 3 ? body.Bytes(BinaryPrimitives.ReadUInt16LittleEndian(jumps[(2 * i)..])) : body.Rest;
            if (i < 3 && literals.Length < quarter)
            {
                throw new InvalidDataException("four streams have too few literals");
            }

            Span<byte> part = i < 3 ? literals[..quarter] : literals;
            huffman.Decode(stream, part);
            literals = literals[part.Length..];
        }
    }

    private Span<byte> Room(int count) => count <= MaxBlockBytes
        ? _literals.AsSpan(0, count)
        : throw new InvalidDataException($"a block has {count} literals, at most {MaxBlockBytes} are possible");
}
