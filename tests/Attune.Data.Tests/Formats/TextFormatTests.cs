using System.Text;
using Attune.Data.Rows;

namespace Attune.Data.Tests.Formats;

public sealed class TextFormatTests
{
    private const string Text = "\uFEFF\none\r\n\u2028two\u0085x\n\n \nthree\n";

    [Theory]
    [InlineData("line", new[] { "one", "\u2028two\u0085x", "three" }, new[] { 2L, 3, 6 })]
    [InlineData("paragraph", new[] { "one\n\u2028two\u0085x", "three" }, new[] { 2L, 6 })]
    [InlineData("document", new[] { "one\n\u2028two\u0085x\n\n \nthree" }, new[] { 2L })]
    public void Rows_are_lines_paragraphs_or_the_document(string sampleBy, string[] texts, long[] lines)
    {
        List<DataRow> rows = DataFiles.Rows("a.txt", Text, new DataFileOptions { SampleBy = sampleBy });
        Assert.Equal(texts, rows.Select(row => row.Value.GetProperty("text").GetString()));
        Assert.Equal(lines, rows.Select(row => row.Line));
    }

    [Fact]
    public void A_paragraph_that_is_too_long_is_bad()
    {
        string text = string.Concat(Enumerable.Repeat(new string('x', 500) + "\n", 5)) + "\nshort";
        List<DataRow> rows = DataFiles.Rows("a.txt", text, new DataFileOptions { SampleBy = "paragraph", MaxRowBytes = 1024 });
        Assert.Contains("line 1: the paragraph is too long", rows[0].Error!.Message, StringComparison.Ordinal);
        Assert.Equal("short", rows[1].Value.GetProperty("text").GetString());
    }

    [Fact]
    public void Latin1_is_decoded_and_invalid_utf8_is_bad()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("caf\u00E9\nx");
        Assert.Equal("caf\u00E9", DataFiles.Rows(DataFiles.Of("a.txt", bytes), new DataFileOptions { Encoding = "latin-1" })[0].Value.GetProperty("text").GetString());
        List<DataRow> rows = DataFiles.Rows(DataFiles.Of("a.txt", bytes));
        Assert.Contains("line 1: invalid UTF-8", rows[0].Error!.Message, StringComparison.Ordinal);
        Assert.Null(rows[1].Error);
    }
}
