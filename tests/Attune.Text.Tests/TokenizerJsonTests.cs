using System.Text.Json.Nodes;

namespace Attune.Text.Tests;

public class TokenizerJsonTests
{
    [Fact]
    public void Reads_what_it_wrote()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel(json => json["padding"] = JsonNode.Parse("""{"strategy":{"Fixed":8},"direction":"Left","pad_to_multiple_of":null,"pad_id":301,"pad_type_id":0,"pad_token":"<|pad|>"}"""));
        string written = TokenizerJson.Write(tokenizer);
        Tokenizer again = TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(written), "written");

        Assert.Equal(written, TokenizerJson.Write(again));
        Assert.Equal(8, (int)JsonNode.Parse(written)!["padding"]!["strategy"]!["Fixed"]!);
        Assert.Equal(new PaddingOptions { Length = 8, PadId = 301, Side = TextSide.Left }, again.SavedOptions.Padding);
        Assert.Null(again.SavedOptions.Truncation);
        Assert.Equal(tokenizer.Encode("the <|end|> é").Ids, again.Encode("the <|end|> é").Ids);
    }

    [Theory]
    [InlineData("pre_tokenizer", "{\"type\":\"Unheard\"}", "t.json: $.pre_tokenizer.type: there is no pre-tokenizer 'Unheard'; known are ")]
    [InlineData("decoder", "{\"type\":5}", "t.json: $.decoder.type: expected a string, found 5")]
    [InlineData("truncation", "{\"max_length\":5,\"stride\":0,\"strategy\":\"Longest\"}", "$.truncation.strategy: expected one of LongestFirst, OnlyFirst, OnlySecond, found 'Longest'")]
    [InlineData("padding", "{\"strategy\":\"Longest\"}", "$.padding.strategy: expected 'BatchLongest' or an object with 'Fixed'")]
    [InlineData("model", "{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}", "$.model.vocab[0]: expected a token and its score, found 1 values")]
    [InlineData("model", "{\"type\":\"Unigram\",\"unk_id\":1,\"vocab\":[[\"a\",0]]}", "$.model.unk_id: expected an id below 1, found 1")]
    [InlineData("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"?\"}", "$.normalizer.precompiled_charsmap: expected base64")]
    [InlineData("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////wAAAAA=\"}", "$.normalizer.precompiled_charsmap: the character map says that its array has 4294967295 bytes")]
    [InlineData("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"ab\"}", "$.pre_tokenizer.replacement: expected one character, found 'ab'")]
    [InlineData("decoder", "{}", "t.json: $.decoder.type: expected a string, found nothing")]
    [InlineData("normalizer", "[]", "t.json: $.normalizer: expected an object, found an array")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}", "id -1")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":2000000000},\"merges\":[]}", "id 2000000000")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}", "id 0 is given to 'a' and to 'b'")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a a\"]}", "$.model.merges[0]: the vocabulary has no token 'aa'")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[[\"a\"]]}", "$.model.merges[0]: expected two parts, found 1")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"\\ud800\":0},\"merges\":[]}", "t.json: ")]
    [InlineData("model", "{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[],\"unk_token\":\"u\"}", "$.model.unk_token: the vocabulary has no token 'u'")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a\"},\"behavior\":\"Isolated\"}", "$.pre_tokenizer.pattern.Regex: the regular expression '(a' cannot be read")]
    [InlineData("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"1\"}", "$.pre_tokenizer.behavior: expected one of Removed, Isolated")]
    public void Says_what_is_wrong_and_where(string part, string value, string expected)
    {
        TextException error = Assert.Throws<TextException>(() => TokenizerJson.Parse(Replace(part, value), "t.json"));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"model\":{\"type\":\"BPE\",\"type\":\"BPE\"}}")]
    public void Refuses_what_is_no_tokenizer_json(string content) =>
        Assert.StartsWith("x.json", Assert.Throws<TextException>(() => TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(content), "x.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_deep_nesting()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"pretokenizers\":[", 5000));
        Assert.Throws<TextException>(() => TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes("{\"pre_tokenizer\":" + deep), "x.json"));
    }

    /// <summary>A tokenizer.json with one part replaced as text, because a JsonNode refuses half a surrogate pair itself.</summary>
    private static byte[] Replace(string part, string value)
    {
        JsonObject json = SmallTokenizers.ByteLevelJson();
        json[part] = "the part";
        return System.Text.Encoding.UTF8.GetBytes(json.ToJsonString().Replace("\"the part\"", value, StringComparison.Ordinal));
    }
}
