using System.IO.Compression;

namespace Attune.Data.Compression;

/// <summary>Undoes gzip (RFC 1952), and unlike <see cref="GZipStream"/> refuses data that were cut off or are followed by something else.</summary>
/// <remarks>
/// Data may have several members, whose ends only the inflater knows. One more member is put behind them, which holds a mark: if the mark comes out of it whole, all before it was whole. The mark is given
/// only when the inflater has handed out everything of what stands before, so whatever it makes of the mark in data that were cut off is not taken for data.
/// </remarks>
internal sealed class WholeGzipStream : ForwardStream
{
    private const string CutOff = "the gzip data is cut off, or something else follows it; fetch or pack it again";

    private const string NoGzip = "this is no gzip data, though its name ends in .gz; rename or fetch it again";

    private static readonly byte[] Mark = [.. "end of whole gzip data"u8];

    private readonly MarkedStream _packed;
    private readonly GZipStream _gzip;

    /// <summary>Reads from a stream, and closes it in the end.</summary>
    public WholeGzipStream(Stream packed)
    {
        _packed = new MarkedStream(packed);
        _gzip = new GZipStream(_packed, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The data are damaged, cut off, or no gzip.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (!_packed.GivesMark)
        {
            int read = Inflate(buffer);
            if (buffer.IsEmpty || (read > 0 && !_packed.GivesMark))
            {
                return read;
            }

            // The end is the end of the mark; an inflater that stops before it has come upon something else.
            RequireMark(buffer[..read]);
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        _gzip.Dispose();
        _packed.Dispose();
        base.Dispose(disposing);
    }

    private void RequireMark(ReadOnlySpan<byte> start)
    {
        Span<byte> found = stackalloc byte[Mark.Length + 1];
        int length = Math.Min(start.Length, found.Length);
        start[..length].CopyTo(found);
        for (int more = 1; more > 0 && length < found.Length; length += more)
        {
            more = Inflate(found[length..]);
        }

        if (!found[..length].SequenceEqual(Mark))
        {
            throw new InvalidDataException(_packed.StartsAsGzip ? CutOff : NoGzip);
        }
    }

    // The inflater's own message speaks of entries of archives.
    private int Inflate(Span<byte> buffer)
    {
        try
        {
            return _gzip.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(!_packed.StartsAsGzip ? NoGzip : _packed.GivesMark ? CutOff : "the gzip data is damaged; fetch or pack it again", e);
        }
    }

    /// <summary>A stream and the member with the mark behind it.</summary>
    private sealed class MarkedStream(Stream packed) : ForwardStream
    {
        private readonly MemoryStream _mark = new(Packed());
        private int _seen;

        /// <summary>Whether all of the stream was read, and what is read now is the mark.</summary>
        public bool GivesMark { get; private set; }

        /// <summary>Whether the first two bytes are those of gzip, as far as they are there.</summary>
        public bool StartsAsGzip { get; private set; } = true;

        public override int Read(Span<byte> buffer)
        {
            int read = GivesMark ? 0 : packed.Read(buffer);
            for (int i = 0; i < read && _seen < 2; i++)
            {
                StartsAsGzip &= buffer[i] == (_seen++ == 0 ? 0x1F : 0x8B);
            }

            GivesMark = read == 0;
            return GivesMark ? _mark.Read(buffer) : read;
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
