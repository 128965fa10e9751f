using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Text.Tests;

/// <summary>Text that would cost a careless tokenizer quadratic time; a hang fails by the limit of the test run.</summary>
public class HostileTextTests
{
    private const int Length = 1 << 20;

    public static TheoryData<string, int> Texts => new()
    {
        { "one letter", 'a' },
        { "spaces", ' ' },
        { "line breaks", '\n' },
        { "apostrophes", '\'' },
        { "digits", '1' },
        { "an accented letter", 'é' },
        { "an ideographic space", 0x3000 },
        { "the start of a special token", '<' },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_megabyte_of_one_character_costs_linear_time(string kind, int character)
    {
        Assert.NotEmpty(kind);
        string llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        foreach (string? pattern in new[] { null, llama3, "(?:" + llama3 + ")" })
        {
            // In its group the pattern is not known by hand and goes the general way, which may be slower.
            bool general = pattern?.StartsWith("(?:", StringComparison.Ordinal) == true;
            string text = new((char)character, general ? Length / 16 : Length);
            Tokenizer tokenizer = SmallTokenizers.ByteLevel(json => json["pre_tokenizer"] = pattern is null ? json["pre_tokenizer"]!.DeepClone() : SplitBy(pattern));
            Encoding encoding = tokenizer.Encode(text);
            Assert.Equal(text, tokenizer.Decode(encoding.Ids));
            Assert.Equal(text.Length, encoding.Offsets[^1].End);
        }
    }

    [Fact]
    public void A_long_text_behind_a_short_one_is_encoded_as_if_alone()
    {
        string text = string.Concat(Enumerable.Repeat("a river ", 400_000));
        foreach (byte[] model in new[] { SmallSentencePiece.Bpe(), SmallSentencePiece.Unigram() })
        {
            // One at a time, so that both go through the same buffers.
            Tokenizer tokenizer = SentencePieceModel.Parse(model, "m.model");
            int[] alone = tokenizer.Encode(text).Ids;
            tokenizer.Encode("a");
            Assert.Equal(alone, tokenizer.Encode(text).Ids);
        }

        Tokenizer rewriting = SmallTokenizers.ByteLevel(json => json["normalizer"] = new JsonObject { ["type"] = "Lowercase" });
        rewriting.Encode("a");
        Assert.Equal(text.Length, rewriting.Encode(text).Offsets[^1].End);
    }

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('é')]
    public void Models_that_see_a_whole_line_cope_with_a_megabyte_of_one_character(char character)
    {
        string text = new(character, Length);
        foreach (byte[] model in new[] { SmallSentencePiece.Bpe(), SmallSentencePiece.Unigram() })
        {
            Tokenizer tokenizer = SentencePieceModel.Parse(model, "m.model");
            Assert.Equal(Length, tokenizer.Encode(text).Offsets[^1].End);
        }

        Tokenizer wordPiece = WordPieceVocabulary.Parse("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##a\n"u8.ToArray(), "vocab.txt");
        Assert.InRange(wordPiece.Encode(text).Count, 0, 1);
    }

    [Fact]
    public void A_long_word_of_many_letters_costs_linear_time()
    {
        var random = new Random(3);
        string text = new([.. Enumerable.Range(0, Length).Select(_ => "ahet"[random.Next(4)])]);
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids));
    }

    [Fact]
    public void Very_many_different_words_do_not_fill_the_memory()
    {
        Tokenizer tokenizer = SmallTokenizers.ByteLevel();
        string text = string.Join(' ', Enumerable.Range(0, 150_000).Select(i => $"w{i:x}"));

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text).Ids));
    }

    private static JsonObject SplitBy(string pattern) => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false },
            new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = false }),
    };
}
