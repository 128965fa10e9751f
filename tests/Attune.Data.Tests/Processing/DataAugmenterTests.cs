using System.Text.Json;
using Attune.Data.Processing;
using Attune.Testing;

namespace Attune.Data.Tests.Processing;

public sealed class DataAugmenterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private readonly string _rows = string.Concat(Enumerable.Range(0, 300).Select(i => $$"""{"label": {{i % 3}}, "text": "The quick dog number {{i}} runs over the big hill, and back again.", "note": "as it is"}""" + "\n"));

    [Fact]
    public void Copies_follow_their_row_and_only_their_text_differs()
    {
        AugmentReport report = Run("out.jsonl", new AugmentOptions { Copies = 2, Synonyms = Synonyms() });
        JsonElement[] rows = [.. File.ReadLines(_folder["out.jsonl"]).Select(line => JsonElement.Parse(line))];
        Assert.Equal((300L, 900L, 600L, 0L), (report.RowsRead, report.RowsWritten, report.Copies.Values.Sum(), report.Unchanged));
        Assert.Equal(["random_deletion", "random_insertion", "random_swap", "synonym_replacement"], report.Copies.Keys);
        for (int i = 0; i < rows.Length; i++)
        {
            JsonElement original = rows[i / 3 * 3];
            Assert.Equal(["label", "text", "note"], rows[i].EnumerateObject().Select(column => column.Name));
            Assert.Equal((i / 3 % 3, "as it is"), (rows[i].GetProperty("label").GetInt32(), rows[i].GetProperty("note").GetString()));
            Assert.Equal(i % 3 == 0, rows[i].GetProperty("text").GetString() == original.GetProperty("text").GetString());
        }

        Assert.Contains("900 written, 600 of them varied copies", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_draws_the_same_and_another_does_not()
    {
        Run("a.jsonl", new AugmentOptions { Seed = 3 });
        Run("b.jsonl", new AugmentOptions { Seed = 3 });
        Run("c.jsonl", new AugmentOptions { Seed = 4 });
        Assert.Equal(File.ReadAllBytes(_folder["a.jsonl"]), File.ReadAllBytes(_folder["b.jsonl"]));
        Assert.NotEqual(File.ReadAllBytes(_folder["a.jsonl"]), File.ReadAllBytes(_folder["c.jsonl"]));
    }

    [Theory]
    [InlineData("random_swap")]
    [InlineData("random_deletion")]
    [InlineData("typos")]
    [InlineData("synonym_replacement")]
    [InlineData("random_insertion")]
    public void Every_operation_changes_a_text_and_leaves_what_it_cannot_change(string key)
    {
        var options = new AugmentOptions { Operations = [key], Synonyms = Synonyms(), Strength = 0.5 };
        Assert.Equal(300, Run("a.jsonl", options).Copies[key]);
        AugmentReport report = DataAugmenter.Run([DataFiles.Of("a.jsonl", """{"text": ""}""" + "\n")], _folder["empty.jsonl"], new DataFileOptions(), options);
        Assert.Equal((1L, 1L), (report.RowsWritten, report.Unchanged));
    }

    [Fact]
    public void What_cannot_be_is_said()
    {
        Refused("operation 'swaps' is not known; there are synonym_replacement", new AugmentOptions { Operations = ["swaps"] });
        Refused("operation 'random_insertion' needs synonyms", new AugmentOptions { Operations = ["random_insertion"] });
        Refused("copies must be from 1 to 64", new AugmentOptions { Copies = 0 });
        Refused("strength must be above 0", new AugmentOptions { Strength = double.NaN });
        Refused("a.jsonl, line 1: column 'body': expected text, found nothing", new AugmentOptions { Columns = ["body"] });
        string none = Assert.Throws<DataException>(() => DataAugmenter.Run([DataFiles.Of("a.csv", "body\nx\n")], _folder["x.jsonl"], new DataFileOptions(), new AugmentOptions())).Message;
        Assert.Contains("expected one of text, sentence, content, found body; say which it is with columns", none, StringComparison.Ordinal);
        string half = Assert.Throws<DataException>(() => DataAugmenter.Run([DataFiles.Of("a.jsonl", """{"text": "a b c", "x": "\ud800"}""" + "\n")], _folder["x.jsonl"], new DataFileOptions(), new AugmentOptions())).Message;
        Assert.Contains("line 1: a text has half a surrogate pair", half, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private void Refused(string message, AugmentOptions options) =>
        Assert.Contains(message, Assert.Throws<DataException>(() => Run("x.jsonl", options)).Message, StringComparison.Ordinal);

    private AugmentReport Run(string output, AugmentOptions options) => DataAugmenter.Run([DataFiles.Of("a.jsonl", _rows)], _folder[output], new DataFileOptions(), options);

    private string Synonyms() => _folder.Write("synonyms.json", """{"quick": ["fast", "speedy"], "dog": ["hound"], "big": ["large", "great"]}""");
}
