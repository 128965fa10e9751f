using Attune.Text.Training;

namespace Attune.Text.Tests;

public class TokenizerTrainerTests
{
    private static readonly string[] Texts = ["low low low lower", "newest newest newest", "widest widest lowest é😀"];

    public static TheoryData<string> Kinds => [.. KnownLayouts.Names];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_trained_encodes_writes_and_reads(string kind)
    {
        Tokenizer trained = Train(kind, Texts, 320);
        Tokenizer again = TokenizerJson.Parse(System.Text.Encoding.UTF8.GetBytes(TokenizerJson.Write(trained)), "trained");

        Assert.True(trained.VocabularySize <= 320);
        Assert.Equal(trained.Encode("lowest newest", addSpecialTokens: true).Ids, again.Encode("lowest newest", addSpecialTokens: true).Ids);
        Assert.Equal("low newest", again.Decode(again.Encode("low newest", addSpecialTokens: true).Ids, skipSpecialTokens: true));
        Assert.All(KnownLayouts.SpecialTokens(kind), (token, id) => Assert.Equal(id, trained.TokenToId(token)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_order_of_the_texts_does_not_matter(string kind) =>
        Assert.Equal(TokenizerJson.Write(Train(kind, Texts, 320)), TokenizerJson.Write(Train(kind, [.. Texts.Reverse()], 320)));

    [Fact]
    public void Frequent_pairs_are_merged_first()
    {
        Tokenizer trained = Train("bpe", Texts, 260);

        Assert.Equal(["es", "est", "lo"], Enumerable.Range(257, 3).Select(id => trained.IdToToken(id)));
    }

    [Fact]
    public void Refuses_what_leaves_no_room()
    {
        Tokenizer layout = KnownLayouts.Create("unigram", KnownLayouts.SpecialTokens("unigram"));
        var options = new UnigramTrainerOptions { VocabularySize = 8, SpecialTokens = KnownLayouts.SpecialTokens("unigram") };

        Assert.Contains("raise its size", Assert.Throws<TextException>(() => TokenizerTrainer.Train(layout, Texts, options)).Message, StringComparison.Ordinal);
        Assert.Throws<TextException>(() => TokenizerTrainer.Train(layout, Texts, options with { VocabularySize = 3 }));
        Assert.Throws<TextException>(() => TokenizerTrainer.Train(layout, Texts, options with { ShrinkingFactor = 1 }));
        Assert.Throws<TextException>(() => KnownLayouts.Create("wordpiece", ["[UNK]"]));
        Assert.Throws<TextException>(() => KnownLayouts.Create("unheard", []));
    }

    [Fact]
    public void Texts_without_words_give_the_alphabet_alone() => Assert.Equal(257, Train("bpe", [], 1000).VocabularySize);

    private static Tokenizer Train(string kind, string[] texts, int size)
    {
        IReadOnlyList<string> special = KnownLayouts.SpecialTokens(kind);
        TrainerOptions options = kind switch
        {
            "wordpiece" => new WordPieceTrainerOptions { VocabularySize = size, SpecialTokens = special },
            "unigram" => new UnigramTrainerOptions { VocabularySize = size, SpecialTokens = special },
            _ => new BpeTrainerOptions { VocabularySize = size, SpecialTokens = special },
        };
        return TokenizerTrainer.Train(KnownLayouts.Create(kind, special), texts, options);
    }
}
