using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests.Golden;

/// <summary>WordPiece vocabularies that become those of GGUF files, and tokenizer.json again, give the same ids.</summary>
[Trait("Category", "Golden")]
public class GgufWordPieceGoldenTests
{
    [Theory]
    [InlineData("wordpiece_512")]
    [InlineData("wordpiece_2000")]
    [InlineData("MiniLM")]
    public void The_ids_of_a_thousand_lines(string name)
    {
        string path = name == "MiniLM"
            ? Path.Combine(Goldens.RequireModel("all-MiniLM-L6-v2"), "tokenizer.json")
            : Goldens.Require(TextGoldens.Tokenizers, "trained", name, "tokenizer.json");
        Tokenizer wanted = TokenizerJson.Load(path);
        GgufVocabularySource arrays = GgufVocabulary.FindPieces(wanted)!;
        Assert.Equal("bert", arrays.Model);
        Assert.Contains("\u2581the", arrays.Tokens);
        Assert.Contains("[CLS]", arrays.Tokens);
        Assert.DoesNotContain("##s", arrays.Tokens);
        Tokenizer built = GgufVocabulary.Build(arrays, "test");
        Tokenizer json = TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(GgufVocabulary.WriteJson(arrays)), "test");
        int lines = 0;
        foreach (JsonNode line in TextGoldens.Lines(Goldens.Require(TextGoldens.Tokenizers, "real", "lines.jsonl.gz")))
        {
            string text = (string)line["text"]!;
            int[] ids = wanted.Encode(text, addSpecialTokens: true).Ids;
            Assert.Equal(ids, built.Encode(text, addSpecialTokens: true).Ids);
            Assert.Equal(ids, json.Encode(text, addSpecialTokens: true).Ids);
            lines++;
        }

        Assert.Equal(1000, lines);
        Assert.Equal(Enumerable.Range(0, wanted.VocabularySize).Select(wanted.IdToToken), Enumerable.Range(0, built.VocabularySize).Select(built.IdToToken));
    }

    [Fact]
    public void A_vocabulary_with_capitals_has_no_place() =>
        Assert.Null(GgufVocabulary.FindPieces(TokenizerJson.Load(Goldens.Require(TextGoldens.Tokenizers, "trained", "wordpiece_cased_2000", "tokenizer.json"))));
}
