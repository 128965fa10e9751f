using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text;

namespace Attune.Readers.Tests;

/// <summary>@huggingface/tokenizers reads the tokenizer.json files that were written.</summary>
[Trait("Category", "Golden")]
public sealed class HuggingFaceTests
{
    private const int MostTexts = 200;

    [Fact]
    public void Written_tokenizers_give_the_same_ids()
    {
        string root = Goldens.Require("text", "tokenizers", "trained");
        var request = new JsonArray();
        List<(string Name, string Text, int[] Ids)> expected = [];
        foreach (string folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            Tokenizer tokenizer = TokenizerJson.Load(Path.Combine(folder, "tokenizer.json"));
            JsonNode written = JsonNode.Parse(TokenizerJson.Write(tokenizer))!;

            // Its pre-tokenizer Whitespace is /\w+|[^\w\s]+/ without the flag for Unicode: letters beyond ASCII end a word there. Only what that cannot touch is compared.
            bool isAsciiOnly = (string?)written["pre_tokenizer"]?["type"] == "Whitespace";
            string[] texts =
            [
                .. Lines(Path.Combine(folder, "encode.jsonl.gz")).Take(MostTexts).Select(line => (string)JsonNode.Parse(line)!["text"]!).Where(text => !isAsciiOnly || text.All(char.IsAscii)),
            ];
            Assert.InRange(texts.Length, MostTexts / 4, MostTexts);
            expected.AddRange(texts.Select(text => (Path.GetFileName(folder), text, tokenizer.Encode(text).Ids)));

            // It does not know the model WordLevel: it takes every such vocabulary for one of its old kinds, whose unknown token stands in tokenizer_config.json.
            request.Add(new JsonObject
            {
                ["config"] = new JsonObject { ["unk_token"] = written["model"]!["unk_token"]?.DeepClone() },
                ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]),
                ["tokenizer"] = written,
            });
        }

        JsonNode[] answers = [.. Readers.Node("tokenizers", request).AsArray().SelectMany(rows => rows!.AsArray()).Select(row => row!)];
        Assert.Equal(expected.Count, answers.Length);
        ((string Name, string Text, int[] Ids) Here, string There)[] differences =
            [.. expected.Zip(answers, (here, there) => (here, string.Join(' ', there.AsArray()))).Where(pair => string.Join(' ', pair.here.Ids) != pair.Item2)];

        // JavaScript has other ideas of white space and digits beyond ASCII (U+0085, circled digits) than the reference library, whose ids other tests compare with.
        string[] wrong =
        [
            .. differences.Where(pair => pair.Here.Text.All(char.IsAscii))
                .Select(pair => $"{pair.Here.Name} {JsonSerializer.Serialize(pair.Here.Text)}: {string.Join(' ', pair.Here.Ids)} here, {pair.There} there"),
        ];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {answers.Length} differ:\n{string.Join('\n', wrong.Take(40))}");
        Assert.All(differences.GroupBy(pair => pair.Here.Name), group => Assert.InRange(group.Count(), 0, MostTexts / 20));
    }

    [Theory]
    [InlineData("T5Tokenizer", "spiece.model")]
    [InlineData("XLMRobertaTokenizer", "sentencepiece.bpe.model")]
    [InlineData("AlbertTokenizer", "spiece.model")]
    [InlineData("PegasusTokenizer", "spiece.model")]
    [InlineData("MBartTokenizer", "sentencepiece.bpe.model")]
    public void Tokenizers_made_of_a_SentencePiece_model_are_read_as_they_were_meant(string name, string file)
    {
        string folder = Directory.CreateTempSubdirectory("attune-spm-").FullName;
        try
        {
            using (var packed = new GZipStream(File.OpenRead(Goldens.RequireData("tokenizers", "t5", "spiece.model.gz")), CompressionMode.Decompress))
            using (FileStream unpacked = File.Create(Path.Combine(folder, file)))
            {
                packed.CopyTo(unpacked);
            }

            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), $$"""{"tokenizer_class":"{{name}}"}""");
            Tokenizer tokenizer = TokenizerFolder.Load(folder);
            string[] texts = [.. Lines(Goldens.Require("text", "tokenizers", "real", "lines.jsonl.gz")).Select(line => (string)JsonNode.Parse(line)!["text"]!).Where(text => text.All(char.IsAscii))];
            var request = new JsonArray(new JsonObject
            {
                ["config"] = new JsonObject(),
                ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]),
                ["tokenizer"] = JsonNode.Parse(TokenizerJson.Write(tokenizer)),
            });
            string[] answers = [.. Readers.Node("tokenizers", request)[0]!.AsArray().Select(row => string.Join(' ', row!.AsArray()))];
            string[] wrong =
            [
                .. texts.Zip(answers, (text, there) => (text, here: string.Join(' ', tokenizer.Encode(text).Ids), there)).Where(row => row.here != row.there)
                    .Select(row => $"{JsonSerializer.Serialize(row.text)}: {row.here} here, {row.there} there"),
            ];
            Assert.InRange(texts.Length, 400, 1000);
            Assert.True(wrong.Length == 0, $"{wrong.Length} of {answers.Length} differ:\n{string.Join('\n', wrong.Take(40))}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
