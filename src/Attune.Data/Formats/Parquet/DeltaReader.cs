using Attune.Data.Compression;

namespace Attune.Data.Formats.Parquet;

/// <summary>Integers as packed differences to the one before.</summary>
/// <remarks>Source: DELTA_BINARY_PACKED of Parquet's Encodings.md.</remarks>
internal sealed class DeltaReader
{
    private const int MaxBlockValues = 1 << 20;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _miniBlocks;
    private readonly int _miniBlockValues;
    private int _position;
    private long _left;
    private long _value;
    private bool _isFirst = true;
    private long _minimum;
    private ReadOnlyMemory<byte> _widths;
    private int _miniBlock;
    private int _inMiniBlock;

    /// <param name="bytes">A stretch that begins with the numbers.</param>
    public DeltaReader(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        var input = new ByteCursor(bytes.Span);
        ulong block = input.Varint();
        ulong parts = input.Varint();
        ulong count = input.Varint();
        _value = input.SignedVarint();
        _position = input.Position;
        if (block is 0 or > MaxBlockValues || parts == 0 || parts > block || block % parts != 0 || block / parts % 8 != 0 || count > int.MaxValue)
        {
            throw new InvalidDataException($"differences in blocks of {block} with {parts} parts are not possible");
        }

        Count = (int)count;
        _left = Count;
        _miniBlocks = (int)parts;
        _miniBlockValues = (int)(block / parts);
        _miniBlock = _miniBlocks;
    }

    /// <summary>Number of integers.</summary>
    public int Count { get; }

    /// <summary>The next integer; sums wrap around.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public long Next()
    {
        if (_left == 0)
        {
            throw new InvalidDataException($"more than {Count} differences are asked for");
        }

        _left--;
        if (_isFirst)
        {
            _isFirst = false;
            return _value;
        }

        if (_miniBlock == _miniBlocks || _inMiniBlock == _miniBlockValues)
        {
            NextMiniBlock();
        }

        int width = _widths.Span[_miniBlock];
        _value += _minimum + (long)Bits(width);
        _inMiniBlock++;
        return _value;
    }

    /// <summary>Where what follows the numbers begins.</summary>
    public int End()
    {
        var copy = new DeltaReader(_bytes);
        for (long left = Count - 1L; left > 0; left -= _miniBlockValues)
        {
            copy.NextMiniBlock();
        }

        return copy.MiniBlockEnd();
    }

    private void NextMiniBlock()
    {
        _position = MiniBlockEnd();
        _inMiniBlock = 0;
        if (++_miniBlock < _miniBlocks)
        {
            return;
        }

        var input = new ByteCursor(_bytes.Span[_position..]);
        _minimum = input.SignedVarint();
        _widths = _bytes.Slice(_position + input.Position, input.Bytes(_miniBlocks).Length);
        if (_widths.Span.ContainsAnyExceptInRange((byte)0, (byte)64))
        {
            throw new InvalidDataException("differences have more than 64 bits");
        }

        _position += input.Position;
        _miniBlock = 0;
    }

    private int MiniBlockEnd()
    {
        if (_miniBlock == _miniBlocks)
        {
            return _position;
        }

        long end = _position + ((long)_miniBlockValues * _widths.Span[_miniBlock] / 8);
        return end <= _bytes.Length ? (int)end : throw new InvalidDataException("packed differences end early");
    }

    private ulong Bits(int width)
    {
        if (width == 0)
        {
            return 0;
        }

        long bit = (8L * _position) + ((long)_inMiniBlock * width);
        int low = Math.Min(width, 32);
        ulong value = RunReader.Bits(_bytes.Span, bit, low);
        return width > 32 ? value | ((ulong)RunReader.Bits(_bytes.Span, bit + 32, width - 32) << 32) : value;
    }
}
