using System.Text;
using Attune.Data.Rows;

namespace Attune.Data.Tests.Formats;

public sealed class JsonLinesFormatTests
{
    [Fact]
    public void A_line_of_100_MB_is_refused_and_the_next_one_read_without_holding_it()
    {
        var file = new DataFile("a.jsonl", () => new Repeated(100_000_000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        List<DataRow> rows = DataFiles.Rows(file, new DataFileOptions { MaxRowBytes = 1 << 20 });
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20);
        Assert.Equal(2, rows.Count);
        Assert.Contains("a.jsonl, line 1: the line is too long", rows[0].Error!.Message, StringComparison.Ordinal);
        Assert.Equal((2L, "{}"), (rows[1].Line, rows[1].Value.GetRawText()));
    }

    [Theory]
    [InlineData(1022, true)]
    [InlineData(1023, false)]
    public void The_limit_is_exact(int quoted, bool good)
    {
        string line = $"\"{new string('x', quoted)}\"";
        foreach (string text in new[] { line, line + "\n", $"\n{line}\n1" })
        {
            List<DataRow> rows = DataFiles.Rows("a.jsonl", text, new DataFileOptions { MaxRowBytes = 1024 });
            Assert.Equal(good, rows[0].Error is null);
        }
    }

    [Fact]
    public void Damaged_gzip_and_missing_files_are_named()
    {
        byte[] zipped = DataFiles.Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"a\":{i}}}\n"))));
        Assert.Equal(5000, DataFiles.Rows(DataFiles.Of("a.jsonl.gz", zipped)).Count);
        zipped[zipped.Length / 2] ^= 0xFF;
        Assert.Contains("a.jsonl.gz", Assert.Throws<DataException>(() =>
        {
            foreach (DataRow row in DataFiles.Rows(DataFiles.Of("a.jsonl.gz", zipped)))
            {
                throw row.Error ?? new DataException("a.jsonl.gz");
            }
        }).Message, StringComparison.Ordinal);
        Assert.Contains("no such data file", Assert.Throws<DataException>(() => DataFiles.Rows(new DataFile("/nowhere/a.jsonl"))).Message, StringComparison.Ordinal);
        Assert.Contains("names no data format", Assert.Throws<DataException>(() => DataFiles.Rows(new DataFile("a.docx"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":1,}\n", "not valid JSON (The JSON object contains a trailing comma at the end, byte 8)")]
    [InlineData("[\n{}\n]\n", "; is the file a JSON array? Then say format: json)")]
    public void Errors_say_what_a_user_can_do(string text, string expected) =>
        Assert.Contains(expected, DataFiles.Rows("a.jsonl", text)[0].Error!.Message, StringComparison.Ordinal);

    [Fact]
    public void Gzip_of_several_members_is_read_to_its_end()
    {
        byte[][] members = [.. Enumerable.Range(0, 300).Select(i => DataFiles.Gzip(Encoding.UTF8.GetBytes($"{{\"a\":\"{new string('x', i * 7)}{i}\"}}\n")))];
        Assert.Equal(300, DataFiles.Rows(DataFiles.Of("a.jsonl.gz", [.. members.SelectMany(member => member)])).Count);
        Assert.Empty(DataFiles.Rows(DataFiles.Of("a.jsonl.gz", DataFiles.Gzip([]))));
        Assert.Empty(DataFiles.Rows(DataFiles.Of("a.jsonl.gz", [])));
    }

    /// <summary>The inflater gives what it has of such data and says nothing, so rows would be missing without a word.</summary>
    [Fact]
    public void Gzip_that_is_cut_off_anywhere_is_refused()
    {
        byte[] zipped = [.. DataFiles.Gzip("{\"a\":1}\n{\"a\":22}\n"u8.ToArray()), .. DataFiles.Gzip("{\"a\":333}\n"u8.ToArray())];
        int second = DataFiles.Gzip("{\"a\":1}\n{\"a\":22}\n"u8.ToArray()).Length;
        for (int length = 1; length < zipped.Length; length++)
        {
            DataFile file = DataFiles.Of("a.jsonl.gz", zipped[..length]);
            if (length == second)
            {
                Assert.Equal(2, DataFiles.Rows(file).Count);
            }
            else
            {
                Assert.StartsWith("a.jsonl.gz: the gzip data is ", Assert.Throws<DataException>(() => DataFiles.Rows(file)).Message, StringComparison.Ordinal);
            }
        }

        Assert.Contains("something else follows", Assert.Throws<DataException>(() => DataFiles.Rows(DataFiles.Of("a.jsonl.gz", [.. zipped, 1, 2, 3]))).Message, StringComparison.Ordinal);
        Assert.Contains("is no gzip data", Assert.Throws<DataException>(() => DataFiles.Rows(DataFiles.Of("a.jsonl.gz", "{}\n"u8.ToArray()))).Message, StringComparison.Ordinal);
    }

    /// <summary>So many bytes of <c>x</c>, and a line <c>{}</c>.</summary>
    private sealed class Repeated(long left) : Stream
    {
        private readonly MemoryStream _end = new("\n{}\n"u8.ToArray());
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            int taken = (int)Math.Min(_left, buffer.Length);
            buffer[..taken].Fill((byte)'x');
            _left -= taken;
            return taken > 0 ? taken : _end.Read(buffer);
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
