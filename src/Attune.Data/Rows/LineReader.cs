namespace Attune.Data.Rows;

/// <summary>Cuts a file into lines of bytes at <c>\n</c> only: U+0085, U+2028 and a lone <c>\r</c> end no line.</summary>
internal sealed class LineReader(DataFile file, int maxLineBytes) : IDisposable
{
    // One byte more than a line may have, so that a line of exactly the largest size and its end fit.
    private readonly ByteReader _bytes = new(file, maxLineBytes + 1);
    private int _pending;

    /// <summary>The 1-based number of the current line.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the current line is longer than the limit; its bytes were passed over.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The current line without its <c>\n</c>, until the next call of <see cref="Next"/>.</summary>
    public ReadOnlySpan<byte> Line => IsTooLong ? default : _bytes.Window[..Length];

    private int Length { get; set; }

    /// <summary>Goes to the next line; false when there is none.</summary>
    public bool Next()
    {
        _bytes.Advance(_pending);
        _pending = Length = 0;
        IsTooLong = false;
        int searched = 0;
        while (true)
        {
            int at = _bytes.Window[searched..].IndexOf((byte)'\n');
            if (at >= 0)
            {
                return Found(searched + at, searched + at + 1);
            }

            searched = _bytes.Window.Length;
            if (_bytes.IsFull)
            {
                IsTooLong = true;
                _bytes.Advance(searched);
                searched = 0;
            }

            if (!_bytes.ReadMore() && _bytes.IsAtEnd)
            {
                return (searched > 0 || IsTooLong) && Found(searched, searched);
            }
        }
    }

    public void Dispose() => _bytes.Dispose();

    private bool Found(int length, int withEnd)
    {
        Number++;
        Length = length;
        _pending = withEnd;
        return true;
    }
}
