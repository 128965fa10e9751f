using Attune.Text.Unicode;

namespace Attune.Text.Pipeline;

/// <summary>UTF-8 text where every byte knows the range of original bytes it came from.</summary>
internal sealed class AlignedText
{
    private byte[] _bytes = new byte[256];
    private int[] _starts = new int[256];
    private int[] _ends = new int[256];

    /// <summary>Most bytes it may hold; a file must not make a short text endless.</summary>
    public long Limit { get; set; } = int.MaxValue;

    /// <summary>Length in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>First original byte of each byte.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Length);

    /// <summary>Original byte after the last of each byte.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Length);

    /// <summary>What a text of a number of bytes may become: the longest replacement of a character in Unicode data is 11 times as long.</summary>
    public static long LimitFor(int bytes) => Math.Min(int.MaxValue, (1L << 20) + (64L * bytes));

    /// <summary>Makes it empty.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends unchanged original text that starts at an original position; all bytes of a character share the range of the character.</summary>
    public void AppendOriginal(ReadOnlySpan<byte> text, int originalStart)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(Length));
        for (int i = 0; i < text.Length;)
        {
            Utf8.Decode(text, i, out int size);
            _starts.AsSpan(Length + i, size).Fill(originalStart + i);
            _ends.AsSpan(Length + i, size).Fill(originalStart + i + size);
            i += size;
        }

        Length += text.Length;
    }

    /// <summary>Appends a part of another aligned text with its ranges.</summary>
    public void Append(AlignedText source, int start, int end)
    {
        int count = end - start;
        Reserve(count);
        source._bytes.AsSpan(start, count).CopyTo(_bytes.AsSpan(Length));
        source._starts.AsSpan(start, count).CopyTo(_starts.AsSpan(Length));
        source._ends.AsSpan(start, count).CopyTo(_ends.AsSpan(Length));
        Length += count;
    }

    /// <summary>Appends a code point that takes the range of one byte of another text.</summary>
    public void Append(int codePoint, AlignedText source, int position)
    {
        Reserve(4);
        int size = Utf8.Encode(codePoint, _bytes.AsSpan(Length));
        Fill(size, source._starts[position], source._ends[position]);
    }

    /// <summary>Appends bytes that take the range of one byte of another text.</summary>
    public void Append(ReadOnlySpan<byte> bytes, AlignedText source, int position)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Fill(bytes.Length, source._starts[position], source._ends[position]);
    }

    /// <summary>Appends bytes whose range starts at an original position; <see cref="Close"/> says where it ends.</summary>
    public void AppendOpen(ReadOnlySpan<byte> bytes, int originalStart)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Fill(bytes.Length, originalStart, originalStart);
    }

    /// <summary>Ends the range of every character where that of the next one starts.</summary>
    /// <param name="from">The first byte to which this applies.</param>
    /// <param name="originalEnd">Where the last range ends.</param>
    public void Close(int from, int originalEnd)
    {
        for (int end = Length; end > from;)
        {
            int start = end - 1;
            while (Utf8.IsContinuation(_bytes[start]))
            {
                start--;
            }

            _ends.AsSpan(start..end).Fill(originalEnd);
            originalEnd = _starts[start];
            end = start;
        }
    }

    /// <summary>Keeps only the first bytes.</summary>
    public void Truncate(int length) => Length = length;

    private void Fill(int size, int start, int end)
    {
        _starts.AsSpan(Length, size).Fill(start);
        _ends.AsSpan(Length, size).Fill(end);
        Length += size;
    }

    private void Reserve(int more)
    {
        long wanted = (long)Length + more;
        if (wanted > Limit)
        {
            throw new TextException($"the tokenizer's normaliser makes more than {Limit} bytes of a text; its replacements are too long");
        }

        int needed = (int)wanted;
        if (needed > _bytes.Length)
        {
            int size = (int)Math.Max(needed, Math.Min(2L * _bytes.Length, Array.MaxLength));
            Array.Resize(ref _bytes, size);
            Array.Resize(ref _starts, size);
            Array.Resize(ref _ends, size);
        }
    }
}
