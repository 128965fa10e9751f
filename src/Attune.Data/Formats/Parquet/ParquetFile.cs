using System.Buffers.Binary;
using System.IO.Compression;
using Attune.Data.Compression;
using Attune.Data.Rows;

namespace Attune.Data.Formats.Parquet;

/// <summary>A file that is read at places: its description and its pages.</summary>
internal sealed class ParquetFile : IDisposable
{
    private const int FirstHeaderBytes = 1 << 9;
    private const int MaxHeaderBytes = 16 << 20;
    private const int MaxMetadataBytes = 256 << 20;

    private readonly DataFile _file;
    private readonly Stream _stream;
    private readonly int _maxPageBytes;

    /// <param name="file">The file.</param>
    /// <param name="maxPageBytes">The most bytes that a page may have when it is unpacked.</param>
    public ParquetFile(DataFile file, int maxPageBytes)
    {
        _file = file;
        _maxPageBytes = maxPageBytes;
        _stream = file.Open();
        if (!_stream.CanSeek)
        {
            _stream.Dispose();
            throw new DataException($"{file.Name}: a Parquet file is read from its end, which is not possible through gzip. Unpack it first.");
        }
    }

    /// <summary>Reads the description at the end.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or the file is no Parquet file.</exception>
    public ParquetMetadata ReadMetadata()
    {
        const int TailBytes = 8;
        if (_stream.Length < TailBytes + 4)
        {
            throw new InvalidDataException($"expected at least {TailBytes + 4} bytes, found {_stream.Length}");
        }

        byte[] tail = Read(_stream.Length - TailBytes, TailBytes);
        if (tail.AsSpan(4).SequenceEqual("PARE"u8))
        {
            throw new InvalidDataException("the file is encrypted, which is not read");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (!tail.AsSpan(4).SequenceEqual("PAR1"u8) || length > Math.Min(MaxMetadataBytes, _stream.Length - TailBytes))
        {
            throw new InvalidDataException("expected the description of the columns at the end, found something else; the file is truncated or no Parquet file");
        }

        return ParquetMetadata.Read(Read(_stream.Length - TailBytes - length, (int)length));
    }

    /// <summary>Reads what stands before a page.</summary>
    /// <param name="offset">Where it begins; afterwards where the page does.</param>
    public ParquetPage ReadPageHeader(ref long offset)
    {
        // How long it is shows only when it is read: statistics in it can be long.
        for (long bytes = FirstHeaderBytes; ; bytes *= 8)
        {
            long left = Math.Max(0, _stream.Length - offset);
            try
            {
                ParquetPage page = ParquetPage.Read(Read(offset, (int)Math.Min(bytes, left)), out int length);
                offset += length;
                return page;
            }
            catch (InvalidDataException) when (bytes < left && bytes < MaxHeaderBytes)
            {
                // Once more with more bytes.
            }
        }
    }

    /// <summary>Reads a page as it stands in the file, and checks it against its checksum.</summary>
    public byte[] ReadPage(ParquetPage page, long offset)
    {
        if (page.UncompressedBytes > _maxPageBytes)
        {
            throw new InvalidDataException($"a page of {page.UncompressedBytes} bytes is larger than {_maxPageBytes}; if the file is right, raise max_row_bytes");
        }

        byte[] bytes = Read(offset, page.CompressedBytes);
        return page.Checksum is { } expected && Crc32.Of(bytes) != expected
            ? throw new InvalidDataException("a page differs from its checksum")
            : bytes;
    }

    /// <summary>Undoes the compression of a page or of a part of it.</summary>
    /// <param name="codec">Number of the codec.</param>
    /// <param name="packed">What stands in the file.</param>
    /// <param name="size">Bytes that it gives.</param>
    public static ReadOnlyMemory<byte> Decompress(int codec, ReadOnlyMemory<byte> packed, int size)
    {
        if (size == 0 || codec == 0)
        {
            return packed;
        }

        byte[] unpacked = codec switch
        {
            1 => Snappy.Decode(packed.Span, size),
            2 => Unzip(packed, size, static stream => new GZipStream(stream, CompressionMode.Decompress)),
            4 => Unzip(packed, size, static stream => new BrotliStream(stream, CompressionMode.Decompress)),
            5 => Lz4.DecodeHadoop(packed.Span, size),
            6 => Zstandard.Decode(packed.Span, size),
            7 => Lz4.DecodeBlock(packed.Span, size),
            _ => throw new InvalidDataException($"compression {codec}{(codec == 3 ? " (LZO)" : "")} is not read; write the file with another"),
        };
        return unpacked.Length == size ? unpacked : throw new InvalidDataException($"a page of {size} bytes has {unpacked.Length}");
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] Unzip(ReadOnlyMemory<byte> packed, int size, Func<Stream, Stream> open)
    {
        const int Piece = 1 << 14;
        using Stream stream = open(new MemoryStream(packed.ToArray(), writable: false));
        var output = new OutputBuffer(size);
        var piece = new byte[Piece];
        try
        {
            for (int read; (read = stream.Read(piece)) > 0;)
            {
                output.Append(piece.AsSpan(0, read));
            }
        }
        catch (InvalidOperationException e)
        {
            // What the framework says about damaged Brotli data.
            throw new InvalidDataException(e.Message, e);
        }

        return output.ToArray();
    }

    private byte[] Read(long offset, int count)
    {
        if (offset < 0 || count < 0 || offset > _stream.Length - count)
        {
            throw new InvalidDataException($"bytes {offset} to {offset + count} are asked for, but the file has {_stream.Length}");
        }

        var bytes = new byte[count];
        _stream.Position = offset;
        for (int have = 0; have < count;)
        {
            int read = _file.Read(_stream, bytes.AsSpan(have));
            have += read > 0 ? read : throw new InvalidDataException("the file became shorter while it was read");
        }

        return bytes;
    }
}
