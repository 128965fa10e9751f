namespace Attune.Data.Compression;

/// <summary>The sequences of Zstandard blocks: so many literals, then a copy of earlier bytes. Tables and distances live on from block to block.</summary>
/// <remarks>Source: RFC 8878, section 3.1.1.3.2.</remarks>
internal sealed class ZstandardSequences
{
    private const int MaxBlockBytes = 128 << 10;

    private static readonly FseTable DefaultLiterals = FseTable.Build([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);
    private static readonly FseTable DefaultMatches = FseTable.Build([1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1], 6);
    private static readonly FseTable DefaultDistances = FseTable.Build([1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5);

    // What a code stands for: a first value, and the number of bits that are added to it.
    private static readonly (int First, int Bits)[] LiteralLengths =
        Codes(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, (16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6), (128, 7), (256, 8), (512, 9), (1024, 10), (2048, 11), (4096, 12), (8192, 13), (16384, 14), (32768, 15), (65536, 16));

    private static readonly (int First, int Bits)[] MatchLengths =
        Codes(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, (35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4), (99, 5), (131, 7), (259, 8), (515, 9), (1027, 10), (2051, 11), (4099, 12), (8195, 13), (16387, 14), (32771, 15), (65539, 16));

    private const int MaxDistanceCode = 31;

    private readonly long[] _recent = [1, 4, 8];
    private FseTable? _literalTable;
    private FseTable? _distanceTable;
    private FseTable? _matchTable;

    /// <summary>Reads the sequences of a block and runs them.</summary>
    /// <param name="input">The rest of the block.</param>
    /// <param name="literals">The block's literals; those that no sequence takes come last.</param>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="begin">Where the frame began in the output: copies reach no further back.</param>
    public void Run(ref ByteCursor input, ReadOnlySpan<byte> literals, OutputBuffer output, int begin)
    {
        int start = output.Length;
        int count = Count(ref input);
        if (count > 0)
        {
            int modes = input.Byte();
            _literalTable = Table(ref input, modes >> 6, DefaultLiterals, _literalTable, 9, LiteralLengths.Length);
            _distanceTable = Table(ref input, (modes >> 4) & 3, DefaultDistances, _distanceTable, 8, MaxDistanceCode + 1);
            _matchTable = Table(ref input, (modes >> 2) & 3, DefaultMatches, _matchTable, 9, MatchLengths.Length);
            var bits = new ReverseBits(input.Rest);
            int literalState = (int)bits.Read(_literalTable.Log);
            int distanceState = (int)bits.Read(_distanceTable.Log);
            int matchState = (int)bits.Read(_matchTable.Log);
            for (int i = 0; i < count; i++)
            {
                int distanceCode = _distanceTable.Symbol(distanceState);
                long distance = (1L << distanceCode) + bits.Read(distanceCode);
                int match = Value(MatchLengths, _matchTable.Symbol(matchState), ref bits);
                int literal = Value(LiteralLengths, _literalTable.Symbol(literalState), ref bits);
                if (literal > literals.Length || output.Length - start > MaxBlockBytes)
                {
                    throw new InvalidDataException("the sequences of a block take more literals than it has, or make more bytes than a block may");
                }

                output.Append(literals[..literal]);
                literals = literals[literal..];
                int reach = output.Length - begin;
                output.AppendMatch((int)Math.Min(Distance(distance, literal), int.MaxValue), match, reach);
                if (i + 1 < count)
                {
                    literalState = _literalTable.Next(literalState, ref bits);
                    matchState = _matchTable.Next(matchState, ref bits);
                    distanceState = _distanceTable.Next(distanceState, ref bits);
                }
            }

            if (!bits.IsAtEnd)
            {
                throw new InvalidDataException("the sequences of a block do not end where their bits do");
            }
        }

        output.Append(literals);
    }

    private static int Count(ref ByteCursor input)
    {
        int first = input.Byte();
        return first < 128 ? first : first < 255 ? ((first - 128) << 8) | input.Byte() : input.UInt16() + 0x7F00;
    }

    private static FseTable Table(ref ByteCursor input, int mode, FseTable standard, FseTable? before, int maxLog, int maxSymbols)
    {
        switch (mode)
        {
            case 0:
                return standard;
            case 1:
                byte symbol = input.Byte();
                return symbol < maxSymbols ? FseTable.Constant(symbol) : throw new InvalidDataException($"there is no code {symbol}");
            case 2:
                return FseTable.Read(ref input, maxLog, maxSymbols);
            default:
                return before ?? throw new InvalidDataException("a block uses the table of a block before, but there is none");
        }
    }

    private static int Value((int First, int Bits)[] codes, int code, ref ReverseBits bits) => codes[code].First + (int)bits.Read(codes[code].Bits);

    // Values up to 3 name one of the last three distances, counted from the second one when no literals stand between.
    private long Distance(long value, int literals)
    {
        if (value > 3)
        {
            (_recent[2], _recent[1], _recent[0]) = (_recent[1], _recent[0], value - 3);
            return _recent[0];
        }

        int index = (int)value - 1 + (literals == 0 ? 1 : 0);
        long distance = index == 3 ? _recent[0] - 1 : _recent[index];
        if (index >= 2)
        {
            _recent[2] = _recent[1];
        }

        if (index >= 1)
        {
            _recent[1] = _recent[0];
        }

        _recent[0] = distance;
        return distance;
    }

    private static (int First, int Bits)[] Codes(params Code[] codes) => [.. codes.Select(code => (code.First, code.Bits))];

    private readonly record struct Code(int First, int Bits)
    {
        public static implicit operator Code(int first) => new(first, 0);

        public static implicit operator Code((int First, int Bits) code) => new(code.First, code.Bits);
    }
}
