namespace Attune.Data.Compression;

/// <summary>Bytes that a decoder has made so far. It grows with what is really made, never to a size that the data only claims.</summary>
/// <param name="limit">The most bytes that may be made.</param>
internal sealed class OutputBuffer(int limit)
{
    private const int FirstSize = 1 << 12;

    private byte[] _bytes = new byte[Math.Min(FirstSize, limit)];

    /// <summary>Number of bytes made.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes made, until more are.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Grow(bytes.Length));

    /// <summary>Adds a byte many times.</summary>
    public void AppendRepeated(byte value, int count) => Grow(count).Fill(value);

    /// <summary>Adds bytes that were made before; they may overlap with what is added.</summary>
    /// <param name="distance">How far back they begin.</param>
    /// <param name="length">How many.</param>
    /// <param name="reach">How far back they may begin.</param>
    public void AppendMatch(int distance, int length, int reach)
    {
        if (distance <= 0 || distance > reach)
        {
            throw new InvalidDataException($"a copy begins {distance} bytes back, but only {reach} can be reached");
        }

        int from = Length - distance;
        Span<byte> target = Grow(length);
        while (!target.IsEmpty)
        {
            // What was copied can be copied again, so the pieces double.
            int piece = Math.Min(target.Length, Length - target.Length - from);
            _bytes.AsSpan(from, piece).CopyTo(target);
            target = target[piece..];
        }
    }

    /// <summary>The bytes, in an array of just their number.</summary>
    public byte[] ToArray() => _bytes.Length == Length ? _bytes : Written.ToArray();

    private Span<byte> Grow(int count)
    {
        if (count < 0 || count > limit - Length)
        {
            throw new InvalidDataException($"expected at most {limit} bytes, found more");
        }

        if (count > _bytes.Length - Length)
        {
            Array.Resize(ref _bytes, (int)Math.Min(limit, Math.Max(Length + (long)count, 2L * _bytes.Length)));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
