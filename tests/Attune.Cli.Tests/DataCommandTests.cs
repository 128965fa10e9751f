using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

public sealed class DataCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _rows;

    public DataCommandTests() => _rows = _folder.Write(
        "rows.jsonl", string.Concat(Enumerable.Range(0, 20).Select(i => $$"""{"text": "the row of number {{i % 15}}", "label": "{{"ab"[i % 2]}}"}""" + "\n")) + "{broken\n");

    [Fact]
    public void Inspect_reports_as_text_and_as_json()
    {
        JsonObject report = Tool.Run("data", "inspect", _rows, "--threshold", "1", "--columns", "text", "--json").Succeeded().Json;
        Assert.Equal(21, (int)report["rows"]!);
        Assert.Equal(21, (int)report["bad_rows"]![0]!["first"]![0]!["line"]!);
        Assert.Equal(5, (int)report["duplicates"]![0]!["rows"]!);
        Assert.Equal(10, (int)report["columns"]![1]!["values"]!["a"]!);
        Assert.Contains("5: the words of an earlier row", Tool.Run("data", "inspect", _rows, "--threshold", "1", "--columns", "text").Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_dedup_and_split_follow_each_other()
    {
        string clean = _folder["clean.jsonl"], unique = _folder["unique.jsonl"], parts = _folder["parts"];
        Assert.Equal(20, (int)Tool.Run("data", "clean", _rows, "--on-bad-rows", "skip", "--output", clean, "--json").Succeeded().Json["rows_written"]!);
        Assert.Equal(15, (int)Tool.Run("data", "dedup", clean, "--columns", "text", "--threshold", "1", "--output", unique, "--json").Succeeded().Json["rows_written"]!);
        JsonObject split = Tool.Run("data", "split", unique, "--test-size", "3", "--threshold", "1", "--output", parts, "--json").Succeeded().Json;
        Assert.Equal((12, 3), ((int)split["parts"]!["train"]!, (int)split["parts"]!["test"]!));
        Assert.True(File.Exists(Path.Combine(parts, "train.jsonl")));
    }

    [Fact]
    public void Augment_writes_rows_and_copies_and_says_what_changed_them()
    {
        string synonyms = _folder.Write("synonyms.json", """{"row": ["line"], "number": ["figure"]}""");
        string more = _folder["more.jsonl"];
        string[] words = ["data", "augment", _rows, "--on-bad-rows", "skip", "--operations", "synonym_replacement", "--synonyms", synonyms, "--copies", "2", "--output", more];
        JsonObject report = Tool.Run([.. words, "--json"]).Succeeded().Json;
        Assert.Equal((21, 60, 40, 21), ((int)report["rows_read"]!, (int)report["rows_written"]!, (int)report["copies"]!["synonym_replacement"]!, (int)report["left_out"]![0]!["first"]![0]!["line"]!));
        Assert.Equal(60, File.ReadLines(more).Count());
        Assert.Contains("60 written, 40 of them varied copies", Tool.Run([.. words, "--force"]).Succeeded().Output, StringComparison.Ordinal);

        _folder.Write("synonyms.json", "[]");
        File.Delete(more);
        ToolResult bad = Tool.Run(words);
        Assert.Equal(2, bad.ExitCode);
        Assert.Contains($"{synonyms}: expected a JSON object of words with their synonyms", bad.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(more));
    }

    [Fact]
    public void Chunk_cuts_documents_by_characters_and_by_tokens()
    {
        string documents = _folder.Write("documents.jsonl", """{"id": 1, "text": "One sentence stands here. Another stands there. The last one is here."}""" + "\n");
        string chunks = _folder["chunks.jsonl"];
        JsonObject report = Tool.Run("data", "chunk", documents, "--method", "sentences", "--size", "30", "--output", chunks, "--json").Succeeded().Json;
        Assert.Equal((1, 3, "characters", 25), ((int)report["rows_read"]!, (int)report["rows_written"]!, (string)report["unit"]!, (int)report["largest_size"]!));
        Assert.Equal("""{"id":1,"text":"Another stands there.","chunk":1,"chunk_start":26,"chunk_end":47}""", File.ReadLines(chunks).ElementAt(1));
        JsonObject tokens = Tool.Run(
            "data", "chunk", documents, "--tokenizer", TinyModel.Write(_folder["model"]), "--size", "8", "--overlap", "2", "--output", chunks, "--force", "--json").Succeeded().Json;
        Assert.Equal("tokens", (string)tokens["unit"]!);
        Assert.InRange((int)tokens["largest_size"]!, 1, 8);
        Assert.Contains("overlap from 0 to less than it", Tool.Run("data", "chunk", documents, "--size", "8", "--overlap", "8", "--output", _folder["x.jsonl"]).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["x.jsonl"]));
    }

    [Fact]
    public void Negatives_are_found_and_trained_with()
    {
        string pairs = _folder.Write("pairs.jsonl", string.Concat(Enumerable.Range(0, 12).Select(i => $$"""{"question": "where is house {{i}}", "sentence": "house {{i}} is in street {{i * 7}}"}""" + "\n")));
        string tuples = _folder["tuples.jsonl"];
        JsonObject report = Tool.Run("data", "negatives", pairs, "--num-negatives", "2", "--output", tuples, "--json").Succeeded().Json;
        Assert.Equal((12, 12, 12), ((int)report["rows_read"]!, (int)report["rows_written"]!, (int)report["corpus_texts"]!));
        Assert.Equal(["anchor", "positive", "negative_1", "negative_2"], JsonNode.Parse(File.ReadLines(tuples).First())!.AsObject().Select(column => column.Key));
        Tool.Run("train", "--task", "embed", "--model", TinyTaskModel.WriteBert(_folder["bert"]), "--data", tuples, "--max-steps", "1", "--output", _folder["run"]).Succeeded();
        Assert.Contains("is one of the files that are read", Tool.Run("data", "negatives", pairs, "--corpus", tuples, "--output", tuples, "--force").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_leaves_out_texts_of_low_quality_by_rule()
    {
        JsonObject report = Tool.Run("data", "clean", _rows, "--on-bad-rows", "skip", "--min-words", "6", "--columns", "text", "--max-upper-share", "0.5", "--output", _folder["none.jsonl"], "--json").Succeeded().Json;
        Assert.Equal(("words below min_words = 6", 20), ((string)report["left_out"]![1]!["reason"]!, (int)report["left_out"]![1]!["rows"]!));
        JsonObject seen = Tool.Run("data", "inspect", _rows, "--columns", "text", "--json").Succeeded().Json;
        Assert.Equal(20, (int)seen["low_quality"]![0]!["rows"]!);
    }

    [Fact]
    public void Folders_that_the_datasets_library_saved_are_read()
    {
        string folder = _folder["saved"];
        Directory.CreateDirectory(folder);
        File.Copy(_rows, Path.Combine(folder, "rows.jsonl"));
        File.WriteAllText(Path.Combine(folder, "state.json"), """{"_data_files": [{"filename": "rows.jsonl"}]}""");
        Assert.Equal(21, (int)Tool.Run("data", "inspect", folder, "--json").Succeeded().Json["rows"]!);
    }

    [Theory]
    [InlineData("inspect")]
    [InlineData("clean")]
    [InlineData("dedup")]
    [Trait("Category", "Slow")]
    public void Memory_does_not_grow_with_the_file(string command)
    {
        // 200 MB in rows of about 500 characters, some of them damaged or with personal data.
        string large = _folder["large.jsonl"];
        using (var writer = new StreamWriter(large))
        {
            for (int i = 0; i < 400_000; i++)
            {
                writer.Write($$"""{"text": "{{string.Concat(Enumerable.Range(0, 20).Select(j => $"word{(i * 31L) + (j * j * 17)} and then "))}} write to user{{i}}@example.com about cafÃ©", "label": {{i % 3}}}""" + "\n");
            }
        }

        Assert.InRange(new FileInfo(large).Length, 150_000_000, 300_000_000);
        string[] output = command == "inspect" ? [] : ["--output", _folder["out.jsonl"]];
        JsonObject result = Tool.Process(["data", command, large, "--json", .. output]).Succeeded().Json;
        Assert.InRange((long)result["peak_rss_bytes"]!, 1, 300_000_000);
    }

    [Fact]
    public void What_is_there_is_not_replaced_unasked()
    {
        Assert.Contains("is one of the files that are read", Tool.Run("data", "clean", _rows, "--output", _rows, "--force").Error, StringComparison.Ordinal);
        string other = _folder.Write("other.jsonl", "{}");
        Assert.Equal(2, Tool.Run("data", "dedup", _rows, "--output", other).ExitCode);
        Assert.Equal(2, Tool.Run("data", "clean", _rows, "--output", _folder["new.jsonl"]).ExitCode);
        Assert.False(File.Exists(_folder["new.jsonl"]));
        Assert.Contains("--data is missing", Tool.Run("data", "inspect").Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
