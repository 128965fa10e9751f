namespace Attune.Text.Tests;

public class EncodeOptionsTests
{
    private readonly Tokenizer _tokenizer = SmallTokenizers.ByteLevel();

    [Fact]
    public void Without_options_an_encoding_says_what_it_knows()
    {
        Encoding encoding = _tokenizer.Encode("ab c<|end|>");

        Assert.Equal([0, 0, 1, 1, 2], encoding.WordIds);
        Assert.Equal([0, 0, 0, 0, 0], encoding.TypeIds);
        Assert.Equal([0, 0, 0, 0, 0], encoding.SpecialTokensMask);
        Assert.Equal([1, 1, 1, 1, 1], encoding.AttentionMask);
        Assert.Equal([0, 0, 0, 0, 0], encoding.SequenceIds);
        Assert.Empty(encoding.Overflow);
    }

    [Fact]
    public void A_pair_counts_offsets_and_words_anew()
    {
        Encoding encoding = _tokenizer.Encode(new EncodeInput("a b", "c"), new EncodeOptions());

        Assert.Equal([(0, 1), (1, 2), (2, 3), (0, 1)], encoding.Offsets);
        Assert.Equal([0, 1, 1, 0], encoding.WordIds);
        Assert.Equal([0, 0, 0, 1], encoding.SequenceIds);
        Assert.Equal([0, 0, 0, 1], encoding.TypeIds);
    }

    [Theory]
    [InlineData(TextSide.Right, "bc", "cd", "de")]
    [InlineData(TextSide.Left, "de", "cd", "bc")]
    public void Parts_share_the_stride(TextSide side, params string[] parts)
    {
        var options = new EncodeOptions { Truncation = new TruncationOptions { MaxLength = 2, Stride = 1, Side = side } };
        Encoding encoding = _tokenizer.Encode("bcde", options);

        Assert.Equal(parts, encoding.Overflow.Prepend(encoding).Select(part => _tokenizer.Decode(part.Ids)));
    }

    [Fact]
    public void A_length_of_nothing_keeps_all_as_overflow()
    {
        Encoding encoding = _tokenizer.Encode("bc", new EncodeOptions { Truncation = new TruncationOptions { MaxLength = 0 } });

        Assert.Equal(0, encoding.Count);
        Assert.Equal("bc", _tokenizer.Decode(Assert.Single(encoding.Overflow).Ids));
    }

    [Theory]
    [InlineData(2, 2, TruncationStrategy.LongestFirst, "a stride below that")]
    [InlineData(2, -1, TruncationStrategy.LongestFirst, "stride of -1")]
    [InlineData(2, 0, TruncationStrategy.OnlySecond, "there is no second text")]
    [InlineData(-1, 0, TruncationStrategy.LongestFirst, "truncation to -1 tokens")]
    public void Settings_that_leave_no_room_are_refused(int length, int stride, TruncationStrategy strategy, string expected)
    {
        var options = new EncodeOptions { Truncation = new TruncationOptions { MaxLength = length, Stride = stride, Strategy = strategy } };

        TextException error = Assert.Throws<TextException>(() => _tokenizer.Encode("bcdef", options));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Padding_is_masked()
    {
        IReadOnlyList<Encoding> batch = _tokenizer.EncodeBatch(["b", "bcd"], new EncodeOptions { Padding = new PaddingOptions { PadId = 301, MultipleOf = 2, Side = TextSide.Left } });

        Assert.Equal([0, 0, 0, 1], batch[0].AttentionMask);
        Assert.Equal([1, 1, 1, 0], batch[0].SpecialTokensMask);
        Assert.Equal([301, 301, 301], batch[0].Ids[..3]);
        Assert.Equal([0, 1, 1, 1], batch[1].AttentionMask);
        Assert.Throws<TextException>(() => _tokenizer.Encode("b", new EncodeOptions { Padding = new PaddingOptions { MultipleOf = 0 } }));
    }

    [Fact]
    public void Words_are_numbered_as_given()
    {
        Encoding encoding = _tokenizer.Encode(EncodeInput.OfWords(["bc", "", "d e"]), new EncodeOptions());

        Assert.Equal([0, 0, 2, 2, 2], encoding.WordIds);
        Assert.Equal([(0, 1), (1, 2), (0, 1), (1, 2), (2, 3)], encoding.Offsets);
    }
}
