using System.Text;
using Attune.Data.Rows;

namespace Attune.Data.Tests.Formats;

public sealed class DelimitedFormatTests
{
    [Fact]
    public void Lines_are_those_of_the_file()
    {
        List<DataRow> rows = DataFiles.Rows("a.csv", "\n\na,b\r\n1,\"x\r\ny\n\n\"\r\n\n\n2,3\r\n4\n5,\"z\"");
        Assert.Equal([4L, 10, 11, 12], rows.Select(row => row.Line));
        Assert.Contains("a.csv, line 11: wrong number of fields (expected 2 (a, b), found 1)", rows[2].Error!.Message, StringComparison.Ordinal);
        Assert.Equal("x\r\ny\n\n", rows[0].Value.GetProperty("b").GetString());
    }

    [Fact]
    public void Column_names_make_the_first_line_a_row()
    {
        DataRow row = Assert.Single(DataFiles.Rows("a.tsv", "good film\t1\n", new DataFileOptions { ColumnNames = ["text", "label"] }));
        Assert.Equal("""{"text":"good film","label":"1"}""", row.Value.GetRawText());
    }

    [Fact]
    public void Bad_bytes_cost_their_row_and_name_the_column()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("a,b\n1,caf\u00E9\n2,x\n");
        List<DataRow> rows = DataFiles.Rows(DataFiles.Of("a.csv", bytes));
        Assert.Contains("line 2: invalid UTF-8 (column 'b', byte 3 is 0xE9; for ISO 8859-1", rows[0].Error!.Message, StringComparison.Ordinal);
        Assert.Null(rows[1].Error);
        rows = DataFiles.Rows(DataFiles.Of("a.csv", bytes), new DataFileOptions { Encoding = "latin-1" });
        Assert.Equal("caf\u00E9", rows[0].Value.GetProperty("b").GetString());
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0, (byte)'\n', 0 }, "looks like UTF-16")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "looks like gzip")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4, 0xB8, 0xC0 }, "looks like a zip archive or a spreadsheet")]
    public void Files_that_are_no_text_are_named_for_what_they_are(byte[] bytes, string kind)
    {
        foreach (string name in new[] { "a.csv", "a.tsv", "a.txt", "a.json", "a.jsonl" })
        {
            string message = Assert.Throws<DataException>(() =>
            {
                foreach (DataRow row in DataFiles.Rows(DataFiles.Of(name, bytes)))
                {
                    throw row.Error ?? new DataException("it was read");
                }
            }).Message;
            Assert.Contains(kind, message, StringComparison.Ordinal);
            Assert.DoesNotContain("latin-1", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_endless_quoted_field_or_row_ends_the_file_with_its_line()
    {
        var options = new DataFileOptions { MaxRowBytes = 1 << 16 };
        string open = "a,b\n1,2\n\"" + new string('x', 1 << 20);
        Assert.Contains("a.csv, line 3: the row is too long", Assert.Throws<DataException>(() => DataFiles.Rows("a.csv", open, options)).Message, StringComparison.Ordinal);
        string wide = "a,b\n1,2\n" + new string(',', 1 << 20);
        Assert.Contains("a.csv, line 3: the row is too long", Assert.Throws<DataException>(() => DataFiles.Rows("a.csv", wide, options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(";;")]
    [InlineData("")]
    [InlineData("\"")]
    [InlineData("é")]
    public void A_delimiter_is_one_ascii_character(string delimiter)
    {
        Assert.Contains("delimiter must be", Assert.Throws<DataException>(new DataFileOptions { Delimiter = delimiter }.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_delimiter_in_the_header_is_told()
    {
        DataException error = DataFiles.Rows("a.csv", "text;label\nfine, really;1\n")[0].Error!;
        Assert.Contains("wrong number of fields (expected 1 (text;label), found 2. Are fields separated by ';'? Then say delimiter: ';')", error.Message, StringComparison.Ordinal);
    }
}
