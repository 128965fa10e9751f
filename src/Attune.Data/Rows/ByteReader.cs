namespace Attune.Data.Rows;

/// <summary>A window over a stream of bytes that grows only while one row needs it, and only to a limit.</summary>
internal sealed class ByteReader : IDisposable
{
    private const int FirstSize = 1 << 16;
    private const int LookedAt = 64;
    private readonly DataFile _file;
    private readonly Stream _stream;
    private readonly int _limit;
    private byte[] _buffer;
    private int _start;
    private int _end;

    /// <summary>Opens a file; a UTF-8 byte order mark at its start is passed over.</summary>
    /// <param name="file">The file.</param>
    /// <param name="limit">The most bytes that the window may hold.</param>
    /// <exception cref="DataException">The file is UTF-16 without a byte order mark, in which every second byte is none of a text.</exception>
    public ByteReader(DataFile file, int limit)
    {
        _file = file;
        _limit = limit;
        _stream = file.Open();
        _buffer = new byte[Math.Min(FirstSize, limit)];
        while (_end - _start < LookedAt && ReadMore())
        {
        }

        if (Utf8Check.IsBareUtf16(Window[..Math.Min(LookedAt, Window.Length)]))
        {
            _stream.Dispose();
            throw new DataException($"{file.Name}: the file looks like UTF-16 without a byte order mark; save it as UTF-8.");
        }

        if (Window.StartsWith([(byte)0xEF, (byte)0xBB, (byte)0xBF]))
        {
            Advance(3);
        }
    }

    /// <summary>The bytes read and not yet passed over.</summary>
    public ReadOnlySpan<byte> Window => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Whether the stream has ended: the window holds all that is left.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether the window has its largest size and nothing can be added.</summary>
    public bool IsFull => _end - _start == _limit;

    /// <summary>Passes over the first bytes of the window.</summary>
    public void Advance(int bytes) => _start += bytes;

    /// <summary>Adds at least one byte to the window; false at the end of the stream or at the limit.</summary>
    public bool ReadMore()
    {
        if (IsAtEnd || IsFull)
        {
            return false;
        }

        if (_end == _buffer.Length)
        {
            byte[] target = _start > 0 ? _buffer : new byte[(int)Math.Min(_limit, 2L * _buffer.Length)];
            Window.CopyTo(target);
            (_buffer, _start, _end) = (target, 0, _end - _start);
        }

        int read = _file.Read(_stream, _buffer.AsSpan(_end));
        _end += read;
        IsAtEnd = read == 0;
        return read > 0;
    }

    public void Dispose() => _stream.Dispose();
}
