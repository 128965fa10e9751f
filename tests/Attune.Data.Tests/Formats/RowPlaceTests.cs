using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>Messages about rows say where they stand: a line where a file has lines, else the number of the row.</summary>
public sealed class RowPlaceTests
{
    [Theory]
    [Trait("Category", "Golden")]
    [InlineData("parquet/chat.parquet")]
    [InlineData("arrow/stream_views.arrows")]
    public void Rows_of_columns_have_numbers(string name)
    {
        var file = new DataFile(Goldens.Require(["text", "data", .. name.Split('/')]));
        DataRow[] rows = [.. KnownDataFormats.Of(file, null).Read(file, new DataFileOptions())];
        Assert.True(rows.Length > 1);
        Assert.StartsWith($"{file.Name}, row 2: too sad", rows[1].Wrong("too sad").Message, StringComparison.Ordinal);
        DataRow tooLong = KnownDataFormats.Of(file, null).Read(file, new DataFileOptions { MaxRowBytes = 1 }).First();
        Assert.StartsWith($"{file.Name}, row 1: ", tooLong.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(1, tooLong.Error.Line);
    }

    [Fact]
    public void Rows_of_text_have_lines()
    {
        DataFile file = DataFiles.Of("a.jsonl", "\n\n{\"text\": \"b\"}\n");
        DataRow row = KnownDataFormats.Of(file, null).Read(file, new DataFileOptions()).Single();
        Assert.StartsWith("a.jsonl, line 3: ", row.Wrong("too sad").Message, StringComparison.Ordinal);
    }
}
