using Attune.Testing;

namespace Attune.Text.Tests;

/// <summary>Damaged GGUF vocabularies are refused with a <see cref="TextException"/> or work.</summary>
public sealed class GgufMutationTests
{
    private static readonly string[] Strings = ["", " ", "a", "ab", "a b", "a b c", " b", "\u2581", "<0x41>", "<0xZZ>", "[UNK]", "é", "\ud83d\ude00", "\ud800", "\0", new('x', 300)];
    private static readonly float[] Scores = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, 0, -1e-40f];
    private static readonly int?[] Ids = [null, -1, 0, 3, 999, int.MaxValue, int.MinValue];

    public static TheoryData<string> Kinds => ["gpt2", "llama", "t5", "bert"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damaged_vocabularies_are_refused_or_work(string model) => Check(model, Fuzz.Quick);

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Kinds))]
    public void Many_damaged_vocabularies_are_refused_or_work(string model) => Check(model, Fuzz.Slow);

    private static void Check(string model, int count)
    {
        var random = new Random(7);
        Use(Sound(model));
        for (int i = 0; i < count; i++)
        {
            GgufVocabularySource mutant = Sound(model);
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                mutant = Change(mutant, random);
            }

            Fuzz.Try<TextException>($"mutant {i} of {model}", 0, () => Use(mutant));
        }
    }

    private static void Use(GgufVocabularySource source)
    {
        Tokenizer tokenizer = GgufVocabulary.Build(source, "mutant.gguf");
        tokenizer.Decode(tokenizer.Encode("ab <s>é\n a", addSpecialTokens: true).Ids, skipSpecialTokens: true);
    }

    private static GgufVocabularySource Sound(string model) => model switch
    {
        "gpt2" => new(model, ["a", "b", "ab", "<s>", "<u>", "Ġ", "Ġa"]) { Pre = "gpt-2", Merges = ["a b", "Ġ a"], TokenTypes = [1, 1, 1, 3, 4, 1, 1], BeginId = 3, EndId = 3 },
        "bert" => new(model, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2581a", "b", "\u2581ab"]) { TokenTypes = [3, 2, 3, 3, 1, 1, 1], BeginId = 2, EndId = 3, PadId = 0 },
        _ => new(model, ["<unk>", "<s>", "</s>", "\u2581", "a", "b", "\u2581a", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")])
        {
            TokenTypes = [2, 3, 3, 1, 1, 1, 1, .. Enumerable.Repeat(6, 256)],
            Scores = [0, 0, 0, -1, -2, -3, -1.5f, .. new float[256]],
            BeginId = 1,
            EndId = 2,
        },
    };

    private static GgufVocabularySource Change(GgufVocabularySource source, Random random) => random.Next(10) switch
    {
        0 => source with { Tokens = Changed(source.Tokens, Strings, random) },
        1 => source with { Merges = Changed(source.Merges, Strings, random) },
        2 => source with { TokenTypes = source.TokenTypes is { } types ? Changed(types, [0, 1, 2, 3, 4, 5, 6, 7, -1, int.MaxValue], random) : null },
        3 => source with { Scores = source.Scores is { } scores ? Changed(scores, Scores, random) : null },
        4 => source with { BeginId = Ids[random.Next(Ids.Length)], AddBegin = random.Next(2) == 0 },
        5 => source with { EndId = Ids[random.Next(Ids.Length)], AddEnd = random.Next(2) == 0 },
        6 => source with { PadId = Ids[random.Next(Ids.Length)] },
        7 => source with { Pre = random.Next(2) == 0 ? null : Strings[random.Next(Strings.Length)] },
        8 => source with { CharacterMap = Bytes(random), RemoveExtraWhitespace = random.Next(2) == 0, AddSpacePrefix = random.Next(2) == 0 },
        _ => random.Next(2) == 0 ? source with { TokenTypes = null } : source with { Scores = null },
    };

    private static T[] Changed<T>(IReadOnlyList<T> values, T[] others, Random random)
    {
        List<T> changed = [.. values];
        T other = others[random.Next(others.Length)];
        int at = random.Next(changed.Count + 1);
        switch (random.Next(3))
        {
            case 0 when at < changed.Count:
                changed.RemoveAt(at);
                break;
            case 1 when at < changed.Count:
                changed[at] = other;
                break;
            default:
                changed.Insert(at, other);
                break;
        }

        return [.. changed];
    }

    private static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }
}
