using System.Text.Json;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Retrieval.Processing;
using Attune.Testing;

namespace Attune.Retrieval.Tests.Processing;

public sealed class DataChunkerTests : IDisposable
{
    private const string Documents = """
        {"id": 7, "text": "Ein Satz 🤷 steht hier. Noch ein Satz steht hier.\n\nUnd einer mehr."}
        {"id": 8, "text": "  "}
        {"id": 9, "text": "kurz"}
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_chunk_keeps_the_columns_and_says_where_it_stands()
    {
        ChunkReport report = Run(new ChunkOptions { Method = "sentences", Size = 30 });
        JsonElement[] rows = [.. File.ReadLines(_folder["out.jsonl"]).Select(line => JsonElement.Parse(line))];
        Assert.Equal(["id", "text", "chunk", "chunk_start", "chunk_end"], rows[0].EnumerateObject().Select(column => column.Name));
        Assert.Equal(["Ein Satz 🤷 steht hier.", "Noch ein Satz steht hier.", "Und einer mehr.", "kurz"], rows.Select(row => row.GetProperty("text").GetString()!));
        Assert.Equal([0, 1, 2, 0], rows.Select(row => row.GetProperty("chunk").GetInt32()));
        Assert.Equal((0, 22), (rows[0].GetProperty("chunk_start").GetInt32(), rows[0].GetProperty("chunk_end").GetInt32()));
        Assert.Equal((23, 48), (rows[1].GetProperty("chunk_start").GetInt32(), rows[1].GetProperty("chunk_end").GetInt32()));
        Assert.Equal((3L, 4L, "characters", 25), (report.RowsRead, report.RowsWritten, report.Unit, report.LargestSize));
        Assert.Equal(("the row has no text", 2L), (Assert.Single(report.LeftOut).Reason, report.LeftOut[0].First[0].Line));
        Assert.Equal("characters", JsonElement.Parse(report.ToJson()).GetProperty("unit").GetString());
    }

    [Theory]
    [InlineData("recursive")]
    [InlineData("windows")]
    [InlineData("sentences")]
    public void No_chunk_is_too_large(string method)
    {
        Assert.InRange(Run(new ChunkOptions { Method = method, Size = 12, Overlap = 5 }).LargestSize, 1, 12);
        Assert.All(File.ReadLines(_folder["out.jsonl"]), line => Assert.InRange(JsonElement.Parse(line).GetProperty("text").GetString()!.Length, 1, 13));
    }

    [Fact]
    public void What_cannot_be_is_said()
    {
        Refused("method must be one of recursive, sentences, windows; it is 'lines'", new ChunkOptions { Method = "lines" });
        Refused("size must be at least 1 and overlap from 0 to less than it; they are 5 and 5", new ChunkOptions { Size = 5, Overlap = 5 });
        Refused("a.jsonl, line 1: a column is missing: expected 'body', found id, text; say which it is with text_column", new ChunkOptions { TextColumn = "body" });
        Refused("there is a column 'chunk' already", new ChunkOptions(), """{"text": "x", "chunk": 1}""");
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private void Refused(string message, ChunkOptions options, string documents = Documents) =>
        Assert.Contains(message, Assert.Throws<DataException>(() => Run(options, documents)).Message, StringComparison.Ordinal);

    private ChunkReport Run(ChunkOptions options, string documents = Documents) =>
        DataChunker.Run([new DataFile("a.jsonl", () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(documents)))], _folder["out.jsonl"], new DataFileOptions(), options);
}
