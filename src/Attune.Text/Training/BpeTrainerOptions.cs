using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.PreTokenizers;
using Attune.Text.Unicode;

namespace Attune.Text.Training;

/// <summary>How a BPE vocabulary is trained: the most frequent pair of neighbours becomes a token, again and again (Sennrich et al. 2016).</summary>
/// <remarks>Pairs of the same frequency come in order of their ids. What the layout's model says of unknown characters, prefix and suffix is kept.</remarks>
public sealed record BpeTrainerOptions : TrainerOptions
{
    /// <summary>Pairs that occur less often are not merged. Default 0.</summary>
    public int MinFrequency { get; init; }

    /// <summary>Characters that are tokens whether they occur or not; a byte-level layout adds its 256. Default none.</summary>
    public string InitialAlphabet { get; init; } = "";

    /// <summary>Most characters that are tokens, the most frequent ones; the others are unknown. Null for all.</summary>
    public int? LimitAlphabet { get; init; }

    /// <summary>Merged tokens have fewer characters than this; null for any number.</summary>
    public int? MaxTokenLength { get; init; }

    internal override ITokenizerModel Train(WordCounts words, TokenizerParts layout, CancellationToken cancellation)
    {
        BpeOptions options = (layout.Model as BpeModel)?.Options ?? new BpeOptions();
        string alphabet = InitialAlphabet;
        if (EndsInBytes(layout.PreTokenizer))
        {
            alphabet += string.Concat(Enumerable.Range(0, 256).Select(value => ByteAlphabet.ToCharacter((byte)value)));
        }

        var trainer = new BpeTrainer(words, new BpeTrainerSettings(VocabularySize, MinFrequency, MaxTokenLength, options.ContinuingSubwordPrefix ?? "", options.EndOfWordSuffix ?? ""), cancellation);
        IEnumerable<string> first = SpecialTokens;
        if (options.ByteFallback)
        {
            first = first.Concat(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        }

        trainer.Start(first, alphabet, LimitAlphabet);
        trainer.Run();
        return new BpeModel([.. trainer.Tokens.Select((token, id) => (token, id))], [.. trainer.Merges], options, "trained vocabulary");
    }

    private static bool EndsInBytes(IPreTokenizer? preTokenizer) =>
        preTokenizer is ByteLevelPreTokenizer || (preTokenizer is SequencePreTokenizer sequence && EndsInBytes(sequence.Last));
}

/// <summary>How a WordPiece vocabulary is trained: as BPE, with a prefix for pieces that continue a word.</summary>
public sealed record WordPieceTrainerOptions : TrainerOptions
{
    /// <summary>Pairs that occur less often are not merged. Default 0.</summary>
    public int MinFrequency { get; init; }

    /// <summary>Characters that are tokens whether they occur or not. Default none.</summary>
    public string InitialAlphabet { get; init; } = "";

    /// <summary>Most characters that are tokens, the most frequent ones; words with others are unknown. Null for all.</summary>
    public int? LimitAlphabet { get; init; }

    internal override ITokenizerModel Train(WordCounts words, TokenizerParts layout, CancellationToken cancellation)
    {
        WordPieceOptions options = (layout.Model as WordPieceModel)?.Options ?? new WordPieceOptions();
        var trainer = new BpeTrainer(words, new BpeTrainerSettings(VocabularySize, MinFrequency, MaxTokenLength: null, options.ContinuingSubwordPrefix, Suffix: ""), cancellation);
        trainer.Start(SpecialTokens, InitialAlphabet, LimitAlphabet);
        trainer.Run();
        return new WordPieceModel([.. trainer.Tokens.Select((token, id) => (token, id))], options, "trained vocabulary");
    }
}

/// <summary>How a vocabulary of whole words is trained: the most frequent words.</summary>
public sealed record WordLevelTrainerOptions : TrainerOptions
{
    /// <summary>Words that occur less often are left out. Default 0.</summary>
    public int MinFrequency { get; init; }

    internal override ITokenizerModel Train(WordCounts words, TokenizerParts layout, CancellationToken cancellation)
    {
        IEnumerable<string> found = Enumerable.Range(0, words.Words.Length)
            .Where(index => words.Counts[index] >= MinFrequency)
            .OrderByDescending(index => words.Counts[index])
            .Select(index => words.Words[index]);
        string[] tokens = [.. SpecialTokens.Concat(found).Distinct(StringComparer.Ordinal).Take(VocabularySize)];
        return new WordLevelModel([.. tokens.Select((token, id) => (token, id))], (layout.Model as WordLevelModel)?.UnknownToken ?? "<unk>", "trained vocabulary");
    }
}
