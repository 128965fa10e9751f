using System.Text;

namespace Attune.Text.Tests;

public class TokenizerTests
{
    [Fact]
    public void Decoding_what_was_encoded_gives_the_text()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        var random = new Random(17);
        for (int i = 0; i < 3000; i++)
        {
            string text = RandomText(random);
            Encoding encoding = tokenizer.Encode(text);
            Assert.Equal(text, tokenizer.Decode(encoding.Ids));
            Assert.All(encoding.Offsets, offset => Assert.True(offset.Start < offset.End));
            Assert.Equal(text, Stream(tokenizer, encoding.Ids));
        }
    }

    [Fact]
    public void Offsets_name_the_code_points_of_each_token()
    {
        Encoding encoding = SmallTokenizers.ByteLevel().Encode("😀 the é");

        // Two tokens for the first two bytes of the emoji together and one for each other byte, then " the", " " and "é".
        Assert.Equal([(0, 1), (0, 1), (0, 1), (1, 5), (5, 6), (6, 7)], encoding.Offsets);
    }

    [Fact]
    public void Unpaired_surrogates_count_as_replacement_characters()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        Encoding encoding = tokenizer.Encode("a\uD83Db\uDE00\uD83D");

        Assert.Equal("a\uFFFDb\uFFFD\uFFFD", tokenizer.Decode(encoding.Ids));
        Assert.Equal(5, encoding.Offsets[^1].End);
    }

    [Fact]
    public void Special_tokens_in_the_text_are_recognised_and_can_be_skipped()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        Encoding encoding = tokenizer.Encode("a<|end|>b<|pad|");

        Assert.Equal(300, encoding.Ids[1]);
        Assert.Equal((1, 8), encoding.Offsets[1]);
        Assert.DoesNotContain(301, encoding.Ids);
        Assert.Equal("ab<|pad|", tokenizer.Decode(encoding.Ids, skipSpecialTokens: true));
        Assert.Equal("a<|end|>b<|pad|", tokenizer.Decode(encoding.Ids));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_left_out()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();

        Assert.Equal("a", tokenizer.Decode([-1, tokenizer.TokenToId("a")!.Value, 290, 100_000, int.MaxValue]));
        Assert.Null(tokenizer.IdToToken(290));
        Assert.Null(tokenizer.TokenToId("not there"));
        Assert.Equal(302, tokenizer.VocabularySize);
    }

    [Fact]
    public void Streaming_never_gives_half_a_character()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        int[] ids = tokenizer.Encode("😀x").Ids;

        Assert.Equal(["", "", "😀", "x"], ids.Select(decoder.Append));
        Assert.Equal("", decoder.Append(ids[0]));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public async Task Several_threads_get_the_same_ids()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        string[] texts = [.. Enumerable.Range(0, 200).Select(seed => RandomText(new Random(seed)))];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text).Ids)];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Assert.All(Enumerable.Range(0, texts.Length), i => Assert.Equal(expected[i], tokenizer.Encode(texts[i]).Ids)),
            TestContext.Current.CancellationToken)));
    }

    private static string Stream(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            string step = decoder.Append(id);
            Assert.False(step.EndsWith('\uFFFD'));
            text.Append(step);
        }

        return text.Append(decoder.Flush()).ToString();
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        int length = random.Next(40);
        for (int i = 0; i < length; i++)
        {
            int limit = random.Next(5) switch { 0 => 0x80, 1 => 0x250, 2 => 0x3100, 3 => 0x10FFFF, _ => 0x40 };
            int codePoint = random.Next(limit);
            text.Append(Rune.IsValid(codePoint) && codePoint != 0xFFFD ? new Rune(codePoint).ToString() : "the ");
        }

        return text.ToString();
    }
}
