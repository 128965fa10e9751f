using System.IO.Compression;

namespace Attune.Data.Compression;

/// <summary>Undoes gzip (RFC 1952), and unlike <see cref="GZipStream"/> refuses data that were cut off or are followed by something else.</summary>
/// <remarks>
/// Data may have several members, whose ends only the inflater knows. One more member is put behind them, which holds a mark: if the mark comes out last, all before it was whole.
/// </remarks>
internal sealed class WholeGzipStream : ForwardStream
{
    private const int BufferBytes = 1 << 16;

    private const string NoGzip = "this is no gzip data, though its name ends in .gz; rename or fetch it again";

    private static readonly byte[] Mark = [.. "end of whole gzip data"u8];

    private readonly MarkedStream _packed;
    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[BufferBytes + Mark.Length];
    private int _start;
    private int _end;

    /// <summary>Reads from a stream, and closes it in the end.</summary>
    public WholeGzipStream(Stream packed)
    {
        _packed = new MarkedStream(packed);
        _gzip = new GZipStream(_packed, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The data are damaged, cut off, or no gzip.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_end - _start <= Mark.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            int read = Inflate();
            if (read == 0)
            {
                return _buffer.AsSpan(0, _end).SequenceEqual(Mark) ? 0 : throw new InvalidDataException(_packed.StartsAsGzip
                    ? "the gzip data is cut off, or something else follows it; fetch or pack it again"
                    : NoGzip);
            }

            _end += read;
        }

        int taken = Math.Min(buffer.Length, _end - _start - Mark.Length);
        _buffer.AsSpan(_start, taken).CopyTo(buffer);
        _start += taken;
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        _gzip.Dispose();
        _packed.Dispose();
        base.Dispose(disposing);
    }

    // The inflater's own message speaks of entries of archives.
    private int Inflate()
    {
        try
        {
            return _gzip.Read(_buffer.AsSpan(_end));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(_packed.StartsAsGzip ? "the gzip data is damaged; fetch or pack it again" : NoGzip, e);
        }
    }

    /// <summary>A stream and the member with the mark behind it.</summary>
    private sealed class MarkedStream(Stream packed) : ForwardStream
    {
        private readonly MemoryStream _mark = new(Packed());
        private int _seen;
        private bool _hasEnded;

        /// <summary>Whether the first two bytes are those of gzip, as far as they are there.</summary>
        public bool StartsAsGzip { get; private set; } = true;

        public override int Read(Span<byte> buffer)
        {
            int read = _hasEnded ? 0 : packed.Read(buffer);
            for (int i = 0; i < read && _seen < 2; i++)
            {
                StartsAsGzip &= buffer[i] == (_seen++ == 0 ? 0x1F : 0x8B);
            }

            _hasEnded = read == 0;
            return _hasEnded ? _mark.Read(buffer) : read;
        }

        protected override void Dispose(bool disposing)
        {
            packed.Dispose();
            _mark.Dispose();
            base.Dispose(disposing);
        }

        private static byte[] Packed()
        {
            var target = new MemoryStream();
            using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            {
                gzip.Write(Mark);
            }

            return target.ToArray();
        }
    }
}
