using System.Numerics;

namespace Attune.Data.Compression;

/// <summary>Decoding table of a finite-state entropy coder.</summary>
/// <remarks>Source: RFC 8878, section 4.1.</remarks>
internal sealed class FseTable
{
    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly ushort[] _baselines;

    private FseTable(int log)
    {
        Log = log;
        _symbols = new byte[1 << log];
        _bits = new byte[1 << log];
        _baselines = new ushort[1 << log];
    }

    /// <summary>Bits of a state.</summary>
    public int Log { get; }

    /// <summary>A table that always gives one symbol and reads no bits.</summary>
    public static FseTable Constant(byte symbol)
    {
        var table = new FseTable(0);
        table._symbols[0] = symbol;
        return table;
    }

    /// <summary>Makes a table from probabilities in units of 2^-<paramref name="log"/>; -1 is a symbol that is less probable than one unit.</summary>
    public static FseTable Build(ReadOnlySpan<short> probabilities, int log)
    {
        var table = new FseTable(log);
        int size = 1 << log;
        int high = size;
        Span<ushort> next = stackalloc ushort[probabilities.Length];
        for (int symbol = 0; symbol < probabilities.Length; symbol++)
        {
            next[symbol] = (ushort)Math.Max((short)1, probabilities[symbol]);
            if (probabilities[symbol] == -1)
            {
                table._symbols[--high] = (byte)symbol;
            }
        }

        int place = 0;
        int step = (size >> 1) + (size >> 3) + 3;
        for (int symbol = 0; symbol < probabilities.Length; symbol++)
        {
            for (int i = 0; i < probabilities[symbol]; i++)
            {
                table._symbols[place] = (byte)symbol;
                do
                {
                    place = (place + step) & (size - 1);
                }
                while (place >= high);
            }
        }

        for (int state = 0; state < size; state++)
        {
            ushort number = next[table._symbols[state]]++;
            int bits = log - BitOperations.Log2(number);
            table._bits[state] = (byte)bits;
            table._baselines[state] = (ushort)((number << bits) - size);
        }

        return table;
    }

    /// <summary>Reads the probabilities of a table and makes it.</summary>
    /// <param name="input">Where they stand; afterwards behind them.</param>
    /// <param name="maxLog">Largest number of bits of a state.</param>
    /// <param name="maxSymbols">Largest number of symbols.</param>
    public static FseTable Read(ref ByteCursor input, int maxLog, int maxSymbols)
    {
        ReadOnlySpan<byte> source = input.Rest;
        int at = 0;
        int log = Bits(source, ref at, 4) + 5;
        if (log > maxLog)
        {
            throw new InvalidDataException($"a table has states of {log} bits, at most {maxLog} are possible");
        }

        Span<short> probabilities = stackalloc short[maxSymbols];
        int symbols = 0;
        int left = (1 << log) + 1;
        while (left > 1)
        {
            if (symbols >= maxSymbols)
            {
                throw new InvalidDataException($"a table has more than {maxSymbols} symbols");
            }

            // The smaller values of a range that is no power of two take one bit less.
            int width = BitOperations.Log2((uint)left) + 1;
            int spare = (1 << width) - 1 - left;
            int low = PeekBits(source, at, width - 1);
            int value;
            if (low < spare)
            {
                value = low;
                at += width - 1;
            }
            else
            {
                value = Bits(source, ref at, width);
                value -= value >= 1 << (width - 1) ? spare : 0;
            }

            short probability = (short)(value - 1);
            probabilities[symbols++] = probability;
            left -= Math.Abs(probability);
            for (int repeat = probability == 0 ? 3 : 0; repeat == 3;)
            {
                repeat = Bits(source, ref at, 2);
                symbols += repeat;
                if (symbols > maxSymbols)
                {
                    throw new InvalidDataException($"a table has more than {maxSymbols} symbols");
                }
            }
        }

        if (left != 1)
        {
            throw new InvalidDataException("the probabilities of a table do not add up");
        }

        input.Bytes((at + 7) / 8);
        return Build(probabilities[..symbols], log);
    }

    public byte Symbol(int state) => _symbols[state];

    /// <summary>The state that follows; it reads what bits it needs.</summary>
    public int Next(int state, ref ReverseBits bits) => _baselines[state] + (int)bits.Read(_bits[state]);

    private static int Bits(ReadOnlySpan<byte> source, ref int at, int count)
    {
        int value = PeekBits(source, at, count);
        at += count;
        return at <= source.Length * 8 ? value : throw new InvalidDataException("a table has no end");
    }

    private static int PeekBits(ReadOnlySpan<byte> source, int at, int count)
    {
        int value = 0;
        for (int i = 0; i < count; i++)
        {
            int place = at + i;
            int bit = place / 8 < source.Length ? (source[place / 8] >> (place % 8)) & 1 : 0;
            value |= bit << i;
        }

        return value;
    }
}
