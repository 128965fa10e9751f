using Attune.Text.Models;
using Attune.Text.Pipeline;

namespace Attune.Text.Training;

/// <summary>How a Unigram vocabulary is trained: from frequent substrings, by expectation maximisation and pruning (Kudo 2018).</summary>
public sealed record UnigramTrainerOptions : TrainerOptions
{
    /// <summary>The special token for unknown characters. Default &lt;unk&gt;; it is added when it is not among the special tokens.</summary>
    public string UnknownToken { get; init; } = "<unk>";

    /// <summary>Most characters of a token. Default 16.</summary>
    public int MaxPieceLength { get; init; } = 16;

    /// <summary>Part of the tokens that a round of pruning keeps. Default 0.75.</summary>
    public double ShrinkingFactor { get; init; } = 0.75;

    /// <summary>Steps of expectation maximisation between rounds of pruning. Default 2.</summary>
    public int SubIterations { get; init; } = 2;

    /// <summary>Most substrings to start with. Default 1,000,000.</summary>
    public int SeedSize { get; init; } = 1_000_000;

    internal override ITokenizerModel Train(WordCounts words, TokenizerParts layout, CancellationToken cancellation)
    {
        if (ShrinkingFactor is not (> 0 and < 1) || SubIterations < 1 || MaxPieceLength < 1)
        {
            throw new TextException($"expected a shrinking factor between 0 and 1, at least one iteration and pieces of at least one character; found {ShrinkingFactor}, {SubIterations} and {MaxPieceLength}");
        }

        string[] special = SpecialTokens.Contains(UnknownToken) ? [.. SpecialTokens] : [UnknownToken, .. SpecialTokens];
        List<(string Token, double Score)> trained = new UnigramTrainer(words, this, VocabularySize - special.Length, cancellation).Run();
        IEnumerable<(string Token, double Score)> pieces = trained.Where(piece => !special.Contains(piece.Token));
        return new UnigramModel(
            [.. special.Select(token => (token, 0.0)), .. pieces],
            new UnigramOptions { UnknownId = Array.IndexOf(special, UnknownToken) },
            "trained vocabulary");
    }
}
