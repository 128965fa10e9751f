using Attune.Testing;

namespace Attune.Text.Tests;

public class SentencePieceModelTests
{
    [Fact]
    public void Control_tokens_in_the_text_are_recognised_where_wanted()
    {
        byte[] model = SmallSentencePiece.Bpe();
        Tokenizer tokenizer = SentencePieceModel.Parse(model, "m.model", new SentencePieceOptions { AddBegin = true, AddEnd = true });

        Assert.Equal([1, 6, 2, 6, 2], tokenizer.Encode("ab</s>ab", addSpecialTokens: true).Ids);
        Assert.Equal("ab ab", tokenizer.Decode([1, 6, 2, 6, 2], skipSpecialTokens: true));
        Assert.DoesNotContain(2, SentencePieceModel.Parse(model, "m.model", new SentencePieceOptions { RecognizeSpecialTokens = false }).Encode("ab</s>").Ids);
    }

    [Fact]
    public void Unknown_characters_are_one_token_and_know_their_place()
    {
        Encoding encoding = SentencePieceModel.Parse(SmallSentencePiece.Bpe(), "m.model").Encode("a éüb");

        Assert.Equal([5, 3, 0, 4], encoding.Ids);
        Assert.Equal((2, 4), encoding.Offsets[2]);
    }

    [Fact]
    public void Unigram_models_have_several_segmentations()
    {
        Tokenizer tokenizer = SentencePieceModel.Parse(SmallSentencePiece.Unigram(), "m.model");

        Assert.Equal([[1, 4], [1, 2, 3]], tokenizer.EncodeBest("ab", 5));
        Assert.Equal([[1, 4]], tokenizer.EncodeBest("ab", 1));
        Assert.Equal([tokenizer.Encode("ab<unk>é").Ids], tokenizer.EncodeBest("ab<unk>é", 5));
        Assert.Equal([[1, 2, 6 + 0xC3, 6 + 0xA9]], tokenizer.EncodeBest("aé", 5));
        Assert.Equal([[6, 4]], SentencePieceModel.Parse(SmallSentencePiece.Bpe(), "m.model").EncodeBest("abb", 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.EncodeBest("ab", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.EncodeBest("ab", Tokenizer.MaxBest + 1));
    }

    [Fact]
    public void Cannot_be_written_as_json() =>
        Assert.Throws<TextException>(() => TokenizerJson.Write(SentencePieceModel.Parse(SmallSentencePiece.Bpe(), "m.model")));

    [Theory]
    [InlineData(new byte[0], "found no pieces")]
    [InlineData(new byte[] { 0x0A, 0x05, 0x0A }, "m.model: byte 2: expected 5 bytes, but only 1 are left")]
    [InlineData(new byte[] { 0x0A, 0x02, 0x0A, 0x00 }, "expected a piece with text")]
    [InlineData(new byte[] { 0x0B }, "wire type 3")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0xFF }, "expected text in UTF-8")]
    [InlineData(new byte[] { 0x0A, 0x05, 0x0A, 0x01, 0x61, 0x18, 0x09 }, "piece 'a' has type 9")]
    [InlineData(new byte[] { 0x0A, 0x03, 0x0A, 0x01, 0x61 }, "expected one unknown piece, found 0")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "at most 10 bytes")]
    public void Says_what_is_wrong_and_where(byte[] content, string expected)
    {
        TextException error = Assert.Throws<TextException>(() => SentencePieceModel.Parse(content, "m.model"));

        Assert.StartsWith("m.model", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
