using Attune.Text.Gguf;
using Attune.Text.Pipeline;

namespace Attune.Text.Tests;

public class GgufVocabularyTests
{
    private static readonly GgufVocabularySource Source = new("gpt2", ["a", "b", "ab", "<s>", "<u>"]) { Pre = "gpt-2", Merges = ["a b"], TokenTypes = [1, 1, 1, 3, 4] };

    [Fact]
    public void Control_tokens_are_special_and_user_defined_ones_are_not()
    {
        Tokenizer tokenizer = GgufVocabulary.Build(Source with { BeginId = 3, AddBegin = true });

        Assert.True(tokenizer.IsSpecial(3));
        Assert.False(tokenizer.IsSpecial(4));
        Assert.Equal([2, 3, 4], tokenizer.Encode("ab<s><u>").Ids);
        Assert.Equal([3, 2], tokenizer.Encode("ab", addSpecialTokens: true).Ids);
        Assert.Equal("ab<u>", tokenizer.Decode([3, 2, 4], skipSpecialTokens: true));
    }

    [Fact]
    public void Writes_a_tokenizer_json_that_encodes_the_same()
    {
        Tokenizer tokenizer = GgufVocabulary.Build(Source with { Pre = "smollm", BeginId = 3, EndId = 3, AddBegin = true, AddEnd = true });
        Tokenizer again = TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(TokenizerJson.Write(tokenizer)), "written");

        Assert.Equal([3, 2, 4, 3], again.Encode("ab<u>", addSpecialTokens: true).Ids);
    }

    [Fact]
    public void Two_texts_are_joined_where_the_end_of_a_text_separates()
    {
        GgufVocabularySource whole = Source with { BeginId = 3, EndId = 4, AddBegin = true, AddEnd = true };
        Assert.Equal([3, 0, 4, 3, 1, 4], Pair(GgufVocabulary.Build(whole)));
        Assert.Equal([3, 0, 4, 4, 1, 4], Pair(GgufVocabulary.Build(whole with { SeparatorId = 4 })));

        static int[] Pair(Tokenizer tokenizer) => tokenizer.Encode(new EncodeInput("a", "b"), new EncodeOptions { AddSpecialTokens = true }).Ids;
    }

    [Theory]
    [InlineData("rwkv", "gpt-2", "a b", 5, "known are bert, gpt2")]
    [InlineData("llama", "gpt-2", "a b", 5, "needs tokenizer.ggml.scores")]
    [InlineData("gpt2", "unheard-of", "a b", 5, "known are ")]
    [InlineData("gpt2", "gpt-2", "ab", 5, "merge 0 is 'ab'")]
    [InlineData("gpt2", "gpt-2", "a c", 5, "no token 'c'")]
    [InlineData("gpt2", "gpt-2", "a b", 4, "one token type per token")]
    public void Refuses_what_does_not_fit(string model, string pre, string merge, int types, string expected)
    {
        TextException error = Assert.Throws<TextException>(() => GgufVocabulary.Build(Source with { Model = model, Pre = pre, Merges = [merge], TokenTypes = new int[types] }, "m.gguf"));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("m.gguf", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_unknown_types_of_tokens_where_they_decide_how_a_token_is_spelt()
    {
        var source = new GgufVocabularySource("bert", ["[UNK]", "[CLS]", "[SEP]", "\u2581a"]) { TokenTypes = [3, 3, 3, 7] };
        TextException error = Assert.Throws<TextException>(() => GgufVocabulary.Build(source, "m.gguf"));
        Assert.Equal("m.gguf: token 3 has type 7; expected a type from 1 to 6", error.Message);
    }

    [Fact]
    public void Refuses_a_special_id_outside_the_vocabulary() =>
        Assert.Throws<TextException>(() => GgufVocabulary.Build(Source with { TokenTypes = null, BeginId = 5 }));

    [Fact]
    public void Cuts_as_llama_cpp_when_the_file_does_not_say()
    {
        Tokenizer tokenizer = GgufVocabulary.Build(new GgufVocabularySource("gpt2", ["1", "2", ".", "12", "1.", "122"]) { Merges = ["1 2", "1 .", "12 2"] });

        Assert.Equal([5, 0, 2], tokenizer.Encode("1221.").Ids);
    }

    [Theory]
    [InlineData("tekken", "don't MacBook 123", "don|'t| Mac|Book| |1|2|3")]
    [InlineData("gpt-4o", "don't MacBook 1234/\n", "don't| Mac|Book| |123|4|/\n")]
    [InlineData("llama4", "HTTPServer", "HTTPServer")]
    [InlineData("dbrx", "don't 1234", "don|'t| |123|4")]
    [InlineData("stablelm2", "a 12", "a| |1|2")]
    [InlineData("falcon", "x=1234.", "x|=|123|4|.")]
    [InlineData("bloom", "one, two (3)", "one|,| two| (|3|)")]
    [InlineData("deepseek-v3", "x 1234 \u4F60a", "x| |123|4| |\u4F60|a")]
    [InlineData("deepseek-coder", "a 12, b\n", "a| |1|2|,| b|\n")]
    public void Cuts_as_the_file_says(string pre, string text, string expected)
    {
        var cut = new PipelineText();
        cut.Start(text);
        KnownGgufPreTokenizers.Build(pre, "test").PreTokenize(cut);
        var pieces = new List<string>();
        foreach (Piece piece in cut.Pieces)
        {
            (int start, int end) = cut.ToOriginal(piece.Start, piece.End);
            pieces.Add(System.Text.Encoding.UTF8.GetString(cut.Original[start..end]));
        }

        Assert.Equal(expected, string.Join('|', pieces));
    }
}
