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

    /// <summary>Vocabularies of whole words and suffixes at the end of words are not known there.</summary>
    private static readonly string[] NotKnownThere = ["wordlevel_1000", "bpe_eow_1000"];

    [Fact]
    public void Written_tokenizers_give_the_same_ids()
    {
        string root = Goldens.Require("text", "tokenizers", "trained");
        var request = new JsonArray();
        List<(string Name, string Text, int[] Ids)> expected = [];
        foreach (string folder in Directory.EnumerateDirectories(root).Where(path => !NotKnownThere.Contains(Path.GetFileName(path))).Order(StringComparer.Ordinal))
        {
            Tokenizer tokenizer = TokenizerJson.Load(Path.Combine(folder, "tokenizer.json"));
            string[] texts = [.. Lines(Path.Combine(folder, "encode.jsonl.gz")).Take(MostTexts).Select(line => (string)JsonNode.Parse(line)!["text"]!)];
            expected.AddRange(texts.Select(text => (Path.GetFileName(folder), text, tokenizer.Encode(text).Ids)));
            request.Add(new JsonObject { ["tokenizer"] = JsonNode.Parse(TokenizerJson.Write(tokenizer)), ["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]) });
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

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
