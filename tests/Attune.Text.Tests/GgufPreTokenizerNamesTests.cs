using System.Text.Json.Nodes;

namespace Attune.Text.Tests;

/// <summary>Names of cuts, from tokenizers to GGUF files and back.</summary>
public class GgufPreTokenizerNamesTests
{
    private static readonly string[] Texts =
    [
        "In 1987 it cost 3,141.59 (about 20% more); don't ask why IT'S \"cheap\".",
        "  two  blanks,\ttabs\nand\n\nlines  ",
        "Grüße aus Köln, привет, 你好世界, مرحبا, \U0001F680 caf\u00E9 \u0967\u0968\u0969",
        "for (int i = 0; i < n; ++i) { sum += x[i] * x[i]; }  // squares/\n",
        "HTTPServer andMore x=1234. [one]\r\n",
    ];

    public static TheoryData<string> Names() => [.. GgufVocabulary.PreTokenizers];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_that_is_read_is_found_again(string name)
    {
        Tokenizer tokenizer = GgufVocabulary.Build(Vocabulary(name));
        string? found = GgufVocabulary.FindPreTokenizer(AsPublished(tokenizer));
        Assert.NotNull(found);
        Tokenizer again = GgufVocabulary.Build(Vocabulary(found));
        Assert.All(Texts, text => Assert.Equal(tokenizer.Encode(text).Ids, again.Encode(text).Ids));
    }

    [Theory]
    [InlineData("qwen2", "qwen2")]
    [InlineData("llama3", "llama-bpe")]
    [InlineData("starcoder", "smollm")]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("tekken", "tekken")]
    [InlineData("chatglm-bpe", "dbrx")]
    public void The_name_that_most_readers_know_is_written(string name, string expected) =>
        Assert.Equal(expected, GgufVocabulary.FindPreTokenizer(AsPublished(GgufVocabulary.Build(Vocabulary(name)))));

    [Fact]
    public void Pieces_between_matches_that_are_left_out_do_not_matter_where_everything_matches()
    {
        JsonObject json = Json(GgufVocabulary.Build(Vocabulary("llama-bpe")));
        JsonNode split = json["pre_tokenizer"]!["pretokenizers"]![0]!;
        (split["behavior"], split["invert"]) = ("Removed", true);
        Assert.Equal("llama-bpe", GgufVocabulary.FindPreTokenizer(Parse(json)));
    }

    [Theory]
    [InlineData("""{"type": "Lowercase"}""", null)]
    [InlineData("""{"type": "NFKC"}""", null)]
    [InlineData(null, """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}""")]
    [InlineData(null, """{"type": "Whitespace"}""")]
    public void What_no_name_says_has_none(string? normalizer, string? cut)
    {
        JsonObject json = Json(GgufVocabulary.Build(Vocabulary("gpt-2")));
        json["normalizer"] = normalizer is null ? null : JsonNode.Parse(normalizer);
        json["pre_tokenizer"] = cut is null ? json["pre_tokenizer"]!.DeepClone() : JsonNode.Parse(cut);
        Assert.Null(GgufVocabulary.FindPreTokenizer(Parse(json)));
    }

    [Theory]
    [InlineData("llama-bpe", new[] { 0, 1 })]
    [InlineData("tekken", new[] { 0, 1 })]
    [InlineData("qwen2", new[] { 1 })]
    public void Texts_begin_as_in_llama_cpp_where_the_file_does_not_say(string name, int[] expected)
    {
        var source = new GgufVocabularySource("gpt2", ["<s>", "a"]) { Pre = name, TokenTypes = [3, 1], BeginId = 0 };
        Assert.Equal(expected, GgufVocabulary.Build(source).Encode("a", addSpecialTokens: true).Ids);
        Assert.Equal([1], GgufVocabulary.Build(source with { AddBegin = false }).Encode("a", addSpecialTokens: true).Ids);
    }

    // Merges of all neighbours in the texts, so that ids tell where text was cut.
    private static GgufVocabularySource Vocabulary(string name)
    {
        Tokenizer bytes = GgufVocabulary.Build(new GgufVocabularySource("gpt2", Alphabet()) { Pre = "gpt-2" });
        (string Left, string Right)[] merges =
        [
            .. Texts.SelectMany(text => bytes.Encode(text).Ids.Select(id => bytes.IdToToken(id)!).ToArray() is var letters ? letters.Zip(letters.Skip(1)) : []).Distinct(),
        ];
        return new GgufVocabularySource("gpt2", [.. Alphabet(), .. merges.Select(merge => merge.Left + merge.Right).Distinct()]) { Pre = name, Merges = [.. merges.Select(merge => $"{merge.Left} {merge.Right}")] };
    }

    private static string[] Alphabet()
    {
        int above = 256;
        return [.. Enumerable.Range(0, 256).Select(value => ((char)(value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? value : above++)).ToString())];
    }

    // As Qwen's: NFC, and offsets that are not trimmed.
    private static Tokenizer AsPublished(Tokenizer tokenizer)
    {
        JsonObject json = Json(tokenizer);
        json["normalizer"] = JsonNode.Parse("""{"type": "NFC"}""");
        foreach (JsonNode? part in json["pre_tokenizer"]!["pretokenizers"] is JsonArray parts ? parts : new JsonArray(json["pre_tokenizer"]!.DeepClone()))
        {
            if ((string?)part!["type"] == "ByteLevel")
            {
                part["trim_offsets"] = false;
            }
        }

        return Parse(json);
    }

    private static JsonObject Json(Tokenizer tokenizer) => JsonNode.Parse(TokenizerJson.Write(tokenizer))!.AsObject();

    private static Tokenizer Parse(JsonObject json) => TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), "test");
}
