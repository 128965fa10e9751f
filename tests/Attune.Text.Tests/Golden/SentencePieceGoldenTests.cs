using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class SentencePieceGoldenTests
{
    private const string Folder = TextGoldens.Tokenizers + "/sentencepiece";

    public static TheoryData<string> Models => TextGoldens.Files(Folder, "*.encode.jsonl.gz");

    private static IEnumerable<string> Spell(IEnumerable<int[]> paths) => paths.Select(ids => string.Join(' ', ids));

    [Theory]
    [MemberData(nameof(Models))]
    public void Encodes_and_decodes_as_the_reference(string file)
    {
        string rows = Goldens.Require(Folder, file);
        string model = rows.Replace(".encode.jsonl.gz", ".model", StringComparison.Ordinal);
        model = File.Exists(model) ? model : model + ".gz";
        Tokenizer tokenizer = SentencePieceModel.Parse(TextGoldens.Read(model), Path.GetFileName(model), new SentencePieceOptions { RecognizeSpecialTokens = false });
        string training = Path.GetFileName(rows).Replace(".encode.jsonl.gz", ".training.json", StringComparison.Ordinal);
        JsonNode trained = JsonNode.Parse(TextGoldens.Read(Goldens.Require(Folder, training)))!;
        Assert.Equal((int)trained["size"]!, tokenizer.VocabularySize);
        foreach (JsonNode token in new[] { "user_defined_symbols", "control_symbols" }.SelectMany(key => trained["args"]![key]?.AsArray() ?? []).OfType<JsonNode>())
        {
            Assert.NotNull(tokenizer.TokenToId((string)token!));
        }

        foreach (JsonNode row in TextGoldens.Lines(rows))
        {
            string text = (string)row["text"]!;
            string place = System.Text.Json.JsonSerializer.Serialize(text);
            Encoding encoding = tokenizer.Encode(text);
            Assert.True(TextGoldens.Ints(row["ids"]).SequenceEqual(encoding.Ids), $"ids of {place}: {row["pieces"]!.ToJsonString()} expected, {string.Join(',', encoding.Ids.Select(tokenizer.IdToToken))} found");
            Assert.True(TextGoldens.Ints(row["off_utf8"]).SequenceEqual(TextGoldens.FlatUtf8(encoding, text)), $"offsets of {place}: {row["off_utf8"]!.ToJsonString()} expected, {string.Join(',', TextGoldens.FlatUtf8(encoding, text))} found");
            Assert.Equal((string?)row["dec"] ?? text, tokenizer.Decode(encoding.Ids));
            if (row["nbest"] is { } best)
            {
                int[][] expected = [.. best.AsArray().Select(TextGoldens.Ints)];
                int[][] found = [.. tokenizer.EncodeBest(text, expected.Length)];

                // Those with equal scores may come in any order, and others with the last one's score instead of it: the same pieces in another order have the same score.
                Assert.Equal(found.Length, Spell(found).Distinct(StringComparer.Ordinal).Count());
                Assert.All(expected.Concat(found), ids => Array.Sort(ids));
                Assert.True(Spell(expected).SequenceEqual(Spell(found)), $"{place}: {string.Join(" | ", Spell(expected))} expected, {string.Join(" | ", Spell(found))} found");
            }
        }
    }
}
