using System.Buffers.Binary;
using System.Text;

namespace Attune.Formats;

/// <summary>The directory of a ZIP archive whose entries are stored as they are, so that parts of them can be read in place; ZIP64 too.</summary>
/// <remarks>Source: PKWARE's APPNOTE.TXT 6.3.</remarks>
internal sealed class StoredZip
{
    private const uint EndSignature = 0x06054B50;
    private const uint End64Signature = 0x06064B50;
    private const uint Locator64Signature = 0x07064B50;
    private const uint EntrySignature = 0x02014B50;
    private const uint LocalSignature = 0x04034B50;
    private const int EndBytes = 22;
    private const int EntryBytes = 46;
    private const int LocalBytes = 30;
    private const int MaxCommentBytes = 65535;
    private const long MaxDirectoryBytes = 16 << 20;

    private readonly ReadableFile _file;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private StoredZip(ReadableFile file)
    {
        _file = file;
    }

    /// <summary>Names of all entries.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Whether a file begins as ZIP archives do.</summary>
    public static bool Is(ReadableFile file)
    {
        Span<byte> start = stackalloc byte[4];
        if (file.Length < start.Length)
        {
            return false;
        }

        file.Read(0, start);
        return BinaryPrimitives.ReadUInt32LittleEndian(start) == LocalSignature;
    }

    /// <summary>Reads the directory.</summary>
    /// <exception cref="ModelFileException">There is none, or it is damaged.</exception>
    public static StoredZip Read(ReadableFile file)
    {
        var zip = new StoredZip(file);
        (long offset, long bytes) = zip.FindDirectory();
        if (offset < 0 || bytes < 0 || bytes > MaxDirectoryBytes || offset > file.Length - bytes)
        {
            throw zip.Bad(offset, $"expected a directory of at most {MaxDirectoryBytes} bytes inside the file, found {bytes} bytes");
        }

        var directory = new byte[bytes];
        file.Read(offset, directory);
        zip.ReadEntries(directory, offset);
        return zip;
    }

    /// <summary>Where the contents of an entry stand in the file.</summary>
    /// <exception cref="ModelFileException">There is no such entry, it is compressed, or it is not inside the file.</exception>
    public (long Begin, long Bytes) Find(string name)
    {
        if (!_entries.TryGetValue(name, out Entry entry))
        {
            throw ModelFileException.At(_file.Path, "directory", $"expected an entry '{name}', found none");
        }

        if (entry.Method != 0)
        {
            throw ModelFileException.At(_file.Path, $"entry '{name}'", "expected it as it is, found it compressed; load and save it with PyTorch");
        }

        Span<byte> local = stackalloc byte[LocalBytes];
        if (entry.Header < 0 || entry.Header > _file.Length - LocalBytes)
        {
            throw Bad(entry.Header, $"expected the header of entry '{name}', found the end of the file");
        }

        _file.Read(entry.Header, local);
        long begin = entry.Header + LocalBytes + BinaryPrimitives.ReadUInt16LittleEndian(local[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(local[28..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(local) == LocalSignature && entry.Bytes >= 0 && begin <= _file.Length - entry.Bytes
            ? (begin, entry.Bytes)
            : throw Bad(entry.Header, $"expected entry '{name}' of {entry.Bytes} bytes, found something else or the end of the file");
    }

    private (long Offset, long Bytes) FindDirectory()
    {
        int length = (int)Math.Min(_file.Length, EndBytes + MaxCommentBytes);
        var tail = new byte[length];
        _file.Read(_file.Length - length, tail);
        for (int at = length - EndBytes; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(at);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) == EndSignature)
            {
                return FindDirectory64(_file.Length - length + at)
                    ?? (BinaryPrimitives.ReadUInt32LittleEndian(end[16..]), BinaryPrimitives.ReadUInt32LittleEndian(end[12..]));
            }
        }

        throw Bad(_file.Length, "expected the directory of a ZIP archive, found none; the file is truncated, fetch it again");
    }

    private (long Offset, long Bytes)? FindDirectory64(long end)
    {
        Span<byte> locator = stackalloc byte[20];
        Span<byte> end64 = stackalloc byte[56];
        if (end < locator.Length)
        {
            return null;
        }

        _file.Read(end - locator.Length, locator);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Locator64Signature)
        {
            return null;
        }

        long at = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        if (at < 0 || at > _file.Length - end64.Length)
        {
            throw Bad(end - locator.Length, "the place of the directory is not inside the file");
        }

        _file.Read(at, end64);
        return BinaryPrimitives.ReadUInt32LittleEndian(end64) == End64Signature
            ? (BinaryPrimitives.ReadInt64LittleEndian(end64[48..]), BinaryPrimitives.ReadInt64LittleEndian(end64[40..]))
            : throw Bad(at, "expected the end of the ZIP64 directory");
    }

    private void ReadEntries(ReadOnlySpan<byte> directory, long offset)
    {
        for (int at = 0; at < directory.Length;)
        {
            ReadOnlySpan<byte> entry = directory[at..];
            if (entry.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(entry) != EntrySignature)
            {
                throw Bad(offset + at, "expected an entry of the directory");
            }

            int name = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
            int extra = BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]);
            int length = EntryBytes + name + extra + BinaryPrimitives.ReadUInt16LittleEndian(entry[32..]);
            if (length > entry.Length)
            {
                throw Bad(offset + at, $"expected an entry of {length} bytes, found {entry.Length}");
            }

            var read = new Entry(
                BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]), BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]));
            string text = Encoding.UTF8.GetString(entry.Slice(EntryBytes, name));
            if (!_entries.TryAdd(text, Widen(read, BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), entry.Slice(EntryBytes + name, extra))))
            {
                throw Bad(offset + at, $"entry '{text}' stands in the directory twice");
            }

            at += length;
        }
    }

    // Numbers of 64 bits stand in the extra field with id 1: size, compressed size, place; only those that did not fit.
    private static Entry Widen(Entry entry, uint compressed, ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            ReadOnlySpan<byte> field = extra[4..Math.Min(extra.Length, 4 + length)];
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == 1)
            {
                long bytes = Next(ref field, entry.Bytes);
                Next(ref field, compressed);
                return entry with { Bytes = bytes, Header = Next(ref field, entry.Header) };
            }

            extra = extra[Math.Min(extra.Length, 4 + length)..];
        }

        return entry;

        static long Next(scoped ref ReadOnlySpan<byte> field, long narrow)
        {
            if (narrow != uint.MaxValue || field.Length < 8)
            {
                return narrow;
            }

            long wide = BinaryPrimitives.ReadInt64LittleEndian(field);
            field = field[8..];
            return wide;
        }
    }

    private ModelFileException Bad(long place, string problem) => ModelFileException.At(_file.Path, $"byte {place}", problem);

    private readonly record struct Entry(int Method, long Bytes, long Header);
}
