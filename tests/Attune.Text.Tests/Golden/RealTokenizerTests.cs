using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class RealTokenizerTests
{
    public static TheoryData<string> Real
    {
        get
        {
            var rows = new TheoryData<string>();
            foreach (TheoryDataRow<string> file in TextGoldens.Files(TextGoldens.Tokenizers + "/real", "*.jsonl.gz"))
            {
                if (file.Data != "lines.jsonl.gz")
                {
                    rows.Add(file.Data.Replace(".jsonl.gz", "", StringComparison.Ordinal));
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Real))]
    public void Encodes_the_thousand_lines_as_the_reference(string name)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "real");
        Goldens.Require(TextGoldens.Tokenizers, "real", name == Goldens.None ? name : name + ".jsonl.gz");
        Tokenizer tokenizer = RealTokenizers.Load(name);
        using IEnumerator<JsonNode> lines = TextGoldens.Lines(Path.Combine(folder, "lines.jsonl.gz")).GetEnumerator();
        foreach (JsonNode row in TextGoldens.Lines(Path.Combine(folder, name + ".jsonl.gz")))
        {
            Assert.True(lines.MoveNext());
            string text = (string)lines.Current["text"]!;
            int[] ids = TextGoldens.Ints(row["ids"]);
            Encoding encoding = tokenizer.Encode(text);
            Assert.True(ids.SequenceEqual(encoding.Ids), $"ids of '{text}': {string.Join(',', ids)} expected, {string.Join(',', encoding.Ids)} found");
            if (row["off"] is { } offsets)
            {
                Assert.True(TextGoldens.Ints(offsets).SequenceEqual(TextGoldens.Flat(encoding)), $"offsets of {System.Text.Json.JsonSerializer.Serialize(text)}: {offsets.ToJsonString()} expected, {string.Join(',', TextGoldens.Flat(encoding))} found");
            }

            if (row["off_utf8"] is { } bytes)
            {
                Assert.True(TextGoldens.Ints(bytes).SequenceEqual(TextGoldens.FlatUtf8(encoding, text)), $"offsets of '{text}': {bytes.ToJsonString()} expected, {string.Join(',', TextGoldens.FlatUtf8(encoding, text))} found");
            }

            Assert.Equal((string?)row["dec"] ?? text, tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void A_vocabulary_and_its_merges_are_read_as_the_tokenizer_made_of_them()
    {
        const string Name = "torchtune_tiny_bpe";
        string folder = Goldens.Require(TextGoldens.Tokenizers, "real");
        Tokenizer whole = RealTokenizers.Load(Name);
        using var files = new TemporaryFolder();
        File.Copy(Goldens.RequireData("tokenizers", "torchtune_tiny", "tiny_bpe_vocab.json"), files["vocab.json"]);
        File.Copy(Goldens.RequireData("tokenizers", "torchtune_tiny", "tiny_bpe_merges.txt"), files["merges.txt"]);
        File.WriteAllText(files["tokenizer_config.json"], """{"tokenizer_class":"Qwen2Tokenizer"}""");
        Tokenizer parts = TokenizerFolder.Load(files.Path);

        // These two files do not say what the special tokens are.
        foreach (string text in TextGoldens.Lines(Path.Combine(folder, "lines.jsonl.gz")).Select(line => (string)line["text"]!).Where(text => !text.Contains("<|", StringComparison.Ordinal)))
        {
            Assert.Equal(whole.Encode(text).Ids, parts.Encode(text).Ids);
        }
    }

    [Theory]
    [InlineData("gpt2", "GPT2Tokenizer", "gpt2/encoder.json.gz", "gpt2/vocab.bpe.gz")]
    [InlineData("torchtune_tiny_bpe", "Qwen2Tokenizer", "torchtune_tiny/tiny_bpe_vocab.json", "torchtune_tiny/tiny_bpe_merges.txt")]
    public void Vocabulary_and_merges_of_a_folder_give_the_ids_of_the_reference(string name, string tokenizerClass, string vocabulary, string merges)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "real");
        using var model = new TemporaryFolder();
        File.WriteAllBytes(model["vocab.json"], TextGoldens.Read(Goldens.RequireData(["tokenizers", .. vocabulary.Split('/')])));
        File.WriteAllBytes(model["merges.txt"], TextGoldens.Read(Goldens.RequireData(["tokenizers", .. merges.Split('/')])));
        File.WriteAllText(model["tokenizer_config.json"], new JsonObject { ["tokenizer_class"] = tokenizerClass }.ToJsonString());
        Tokenizer tokenizer = TokenizerFolder.Load(model.Path);
        int compared = 0;
        foreach ((JsonNode line, JsonNode row) in TextGoldens.Lines(Path.Combine(folder, "lines.jsonl.gz")).Zip(TextGoldens.Lines(Path.Combine(folder, name + ".jsonl.gz"))))
        {
            // Special tokens are not among these files.
            string text = (string)line["text"]!;
            if (!text.Contains("<|", StringComparison.Ordinal))
            {
                Assert.True(TextGoldens.Ints(row["ids"]).SequenceEqual(tokenizer.Encode(text).Ids), $"ids of '{text}'");
                compared++;
            }
        }

        Assert.InRange(compared, 900, 1000);
    }

    [Theory]
    [InlineData("r50k_base")]
    [InlineData("cl100k_base")]
    [InlineData("torchtune_tiktoken_small")]
    public void Special_tokens_of_tiktoken_are_recognised_where_wanted(string name)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "real");
        Tokenizer tokenizer = RealTokenizers.Tiktoken(name, special: true);
        foreach ((JsonNode line, JsonNode row) in TextGoldens.Lines(Path.Combine(folder, "lines.jsonl.gz")).Zip(TextGoldens.Lines(Path.Combine(folder, name + ".jsonl.gz"))))
        {
            Assert.Equal(TextGoldens.Ints(row["ids_special"] ?? row["ids"]), tokenizer.Encode((string)line["text"]!).Ids);
        }
    }

    [Fact]
    public void Encodes_the_lines_of_the_real_model()
    {
        string path = Goldens.Require("real", "smollm2", "tokens.jsonl");
        Tokenizer tokenizer = RealTokenizers.Load("smollm2");
        foreach (JsonNode row in TextGoldens.Lines(path))
        {
            Encoding encoding = tokenizer.Encode((string)row["text"]!);
            Assert.Equal(TextGoldens.Ints(row["ids"]), encoding.Ids);
            Assert.Equal(row["tokens"]!.AsArray().Select(token => (string)token!), encoding.Ids.Select(id => tokenizer.IdToToken(id)!));
            Assert.Equal((string)row["decoded"]!, tokenizer.Decode(encoding.Ids));
        }
    }
}
