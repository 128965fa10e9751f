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

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Long_words_are_trained_on(string kind)
    {
        var random = new Random(5);
        string letters = string.Create(100_000, random, static (text, random) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = (char)('a' + random.Next(26));
            }
        });
        Assert.Equal(600, Train(kind, [letters], 600).VocabularySize);
        Assert.InRange(Train(kind, [new string('a', 100_000)], 290).VocabularySize, 2, 290);
    }

    [Fact]
    public void Runs_of_one_letter_merge_from_the_left()
    {
        // aaaaa becomes aa aa a; of aa aa and aa a, each there once, the latter has the smaller ids.
        Tokenizer trained = Train("bpe", ["aaaaa"], 260);
        Assert.Equal(["aa", "aaa", "aaaaa"], Enumerable.Range(257, 3).Select(id => trained.IdToToken(id)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Stops_when_told(string kind)
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Train(kind, StoppingTexts(), 600, stop.Token));

        IEnumerable<string> StoppingTexts()
        {
            yield return new string('b', 100_000) + string.Concat(Enumerable.Range(0, 30_000));
            stop.Cancel();
        }
    }

    private static Tokenizer Train(string kind, IEnumerable<string> texts, int size, CancellationToken cancellation = default)
    {
        IReadOnlyList<string> special = KnownLayouts.SpecialTokens(kind);
        TrainerOptions options = kind switch
        {
            "wordpiece" => new WordPieceTrainerOptions { VocabularySize = size, SpecialTokens = special },
            "unigram" => new UnigramTrainerOptions { VocabularySize = size, SpecialTokens = special },
            _ => new BpeTrainerOptions { VocabularySize = size, SpecialTokens = special },
        };
        return TokenizerTrainer.Train(KnownLayouts.Create(kind, special), texts, options, cancellation);
    }
}
