using System.Runtime.InteropServices;

namespace Attune.Data.Duplicates;

/// <summary>One 64-bit key a row, appended row by row and read back as a whole; all but the last few lie in a temporary file.</summary>
internal sealed class KeyColumn : IDisposable
{
    private const int KeysInMemory = 1 << 13;

    private readonly ulong[] _buffer = new ulong[KeysInMemory];
    private FileStream? _file;
    private int _buffered;

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    public void Add(ulong key)
    {
        if (_buffered == KeysInMemory)
        {
            // Deleted by the system when it is closed, also when the process dies.
            _file ??= new FileStream(
                Path.Combine(Path.GetTempPath(), $"attune-{Guid.NewGuid():N}.keys"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            _file.Write(MemoryMarshal.AsBytes<ulong>(_buffer));
            _buffered = 0;
        }

        _buffer[_buffered++] = key;
        Count = checked(Count + 1);
    }

    /// <summary>The keys of all rows.</summary>
    /// <param name="keys">Is filled; its length is <see cref="Count"/>.</param>
    public void Read(Span<ulong> keys)
    {
        int inFile = Count - _buffered;
        if (_file is not null)
        {
            _file.Position = 0;
            _file.ReadExactly(MemoryMarshal.AsBytes(keys[..inFile]));
            _file.Position = _file.Length;
        }

        _buffer.AsSpan(0, _buffered).CopyTo(keys[inFile..]);
    }

    public void Dispose() => _file?.Dispose();
}
