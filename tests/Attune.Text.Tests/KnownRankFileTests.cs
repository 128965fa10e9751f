namespace Attune.Text.Tests;

public class KnownRankFileTests
{
    [Theory]
    [InlineData(50_256, "r50k_base", 50_257, "<|endoftext|>", 50_256)]
    [InlineData(100_256, "cl100k_base", 100_277, "<|fim_suffix|>", 100_260)]
    [InlineData(128_000, "Llama 3", 128_256, "<|eot_id|>", 128_009)]
    [InlineData(151_643, "Qwen", 151_851, "<|im_end|>", 151_645)]
    [InlineData(199_998, "o200k_base", 200_019, "<|endofprompt|>", 200_018)]
    public void Well_known_vocabularies_are_recognised(int ranks, string name, int size, string special, int id)
    {
        Tokenizer tokenizer = TiktokenRanks.Parse(Ranks(ranks), "m.tiktoken", out string vocabulary);

        Assert.Equal(name, vocabulary);
        Assert.Equal(size, tokenizer.VocabularySize);
        Assert.Equal([id], tokenizer.Encode(special).Ids);
        Assert.True(tokenizer.IsSpecial(id));

        // Every pair of bytes is a token, so that a cut shows where one would have been taken: aA but for o200k, the blank with 1 for those whose numbers take it along, 23 for those of one digit.
        int[] ends = [.. tokenizer.Encode("zaA 1234").Offsets.Select(offset => offset.End)];
        Assert.Equal(
            name switch
            {
                "r50k_base" => [1, 3, 5, 7, 8],
                "Qwen" => [1, 3, 4, 5, 6, 7, 8],
                "o200k_base" => [2, 3, 4, 6, 7, 8],
                _ => [1, 3, 4, 6, 7, 8],
            },
            ends);
    }

    [Fact]
    public void Other_numbers_of_ranks_are_refused_with_what_is_known() => Assert.Contains(
        "m.tiktoken: the file has 300 ranks; how text is cut stands in no rank file and is known for those with as many ranks as r50k_base (50256), p50k_base (50280), cl100k_base (100256)",
        Assert.Throws<TextException>(() => TiktokenRanks.Parse(Ranks(300), "m.tiktoken", out _)).Message,
        StringComparison.Ordinal);

    /// <summary>A rank file of all bytes, then pairs of them, then some of four.</summary>
    internal static byte[] Ranks(int count)
    {
        var text = new System.Text.StringBuilder();
        for (int rank = 0; rank < count; rank++)
        {
            int pair = rank - 256;
            int more = pair - 65_536;
            byte[] token = pair < 0 ? [(byte)rank] : more < 0 ? [(byte)(pair >> 8), (byte)pair] : [0, (byte)(more >> 16), (byte)(more >> 8), (byte)more];
            text.Append(Convert.ToBase64String(token)).Append(' ').Append(rank).Append('\n');
        }

        return System.Text.Encoding.ASCII.GetBytes(text.ToString());
    }
}
