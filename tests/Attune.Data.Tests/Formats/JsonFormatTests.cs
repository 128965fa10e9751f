using System.Text;
using Attune.Data.Rows;

namespace Attune.Data.Tests.Formats;

public sealed class JsonFormatTests
{
    [Fact]
    public void Reads_an_array_with_the_line_of_every_row()
    {
        List<DataRow> rows = DataFiles.Rows("a.json", "\uFEFF[\n {\"a\": 1},\n {\"a\":\n 2}, {\"a\": [1, {}]}\n, 7]\n\n");
        Assert.Equal(["{\"a\": 1}", "{\"a\":\n 2}", "{\"a\": [1, {}]}", "7"], rows.Select(row => row.Value.GetRawText()));
        Assert.Equal([2L, 3, 4, 5], rows.Select(row => row.Line));
    }

    [Fact]
    public void Reads_rows_larger_than_the_buffer_through_small_reads()
    {
        string big = new('x', 300_000);
        byte[] bytes = Encoding.UTF8.GetBytes($"[{{\"a\":\"{big}\"}}, {{\"a\":\"y\"}},\n{{\"a\":\"{big}\"}}]");
        var file = new DataFile("a.json", () => new Trickle(bytes));
        List<DataRow> rows = DataFiles.Rows(file);
        Assert.Equal([300_000, 1, 300_000], rows.Select(row => row.Value.GetProperty("a").GetString()!.Length));
        Assert.Equal([1L, 1, 2], rows.Select(row => row.Line));
    }

    [Fact]
    public void Finds_the_rows_under_a_field_of_an_object()
    {
        const string Text = "{\"version\": {\"x\": [1, 2]}, \"data\": [{\"a\": 1}, {\"a\": 2}], \"rest\": 1}";
        Assert.Equal(2, DataFiles.Rows("a.json", Text, new DataFileOptions { Field = "data" }).Count);
        Assert.Equal(3, DataFiles.Rows("a.json", Text, new DataFileOptions { Field = "*" }).Count);
        Assert.Contains("no field 'rows'", Error(Text, new DataFileOptions { Field = "rows" }), StringComparison.Ordinal);
        Assert.Contains("must be an array", Error(Text, new DataFileOptions { Field = "version" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_json_lines_under_the_name_json()
    {
        Assert.Equal(2, DataFiles.Rows("a.json", "\n{\"a\":1}\n{\"a\":2}\n").Count);
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("  \n ", "the file is empty")]
    [InlineData("{\n\"a\": []}", "found an object")]
    [InlineData("hello", "begins with byte 0x68")]
    [InlineData("[1, 2", "line 1: not valid JSON")]
    [InlineData("[1,\n2,\n,3]", "line 3: not valid JSON")]
    [InlineData("[1,\n2] 3", "line 2: not valid JSON")]
    [InlineData("[1,\n{\"a\": \"\u0001\"}]", "line 2: not valid JSON")]
    public void Broken_files_name_the_place(string text, string message)
    {
        Assert.Contains(message, Error(text, new DataFileOptions()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_is_too_long_or_too_deep_is_an_error_not_an_allocation()
    {
        var options = new DataFileOptions { MaxRowBytes = 5000 };
        Assert.Contains("line 2: the row is too long", Error($"[1,\n\"{new string('x', 20_000)}\"]", options), StringComparison.Ordinal);
        Assert.Contains("not valid JSON", Error($"[{new string('[', 100_000)}", new DataFileOptions()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_of_invalid_utf8_is_bad_and_the_others_are_read()
    {
        byte[] bytes = Encoding.UTF8.GetBytes("[{\"a\":\"?\"},\n{\"a\":\"y\"}]");
        bytes[7] = 0xFF;
        List<DataRow> rows = DataFiles.Rows(DataFiles.Of("a.json", bytes));
        Assert.Contains("a.json, line 1: invalid UTF-8 (byte 6", rows[0].Error!.Message, StringComparison.Ordinal);
        Assert.Equal("y", rows[1].Value.GetProperty("a").GetString());
    }

    private static string Error(string text, DataFileOptions options) =>
        Assert.Throws<DataException>(() => DataFiles.Rows("a.json", text, options)).Message;

    /// <summary>A stream that gives few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 777)]);
    }
}
