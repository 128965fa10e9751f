namespace Attune.Text.Training;

/// <summary>What every trainer of a vocabulary is told.</summary>
public abstract record TrainerOptions
{
    /// <summary>Most tokens of the vocabulary, special ones included. Default 30,000.</summary>
    public int VocabularySize { get; init; } = 30_000;

    /// <summary>Tokens that get the first ids and are found in text as they are. Default none.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    internal abstract Models.ITokenizerModel Train(WordCounts words, Pipeline.TokenizerParts layout, CancellationToken cancellation);

    /// <summary>Checks what no trainer can work with.</summary>
    internal void Check()
    {
        if (VocabularySize <= SpecialTokens.Count)
        {
            throw new TextException($"a vocabulary of {VocabularySize} tokens has no room beside {SpecialTokens.Count} special tokens; raise its size");
        }

        if (SpecialTokens.Distinct(StringComparer.Ordinal).Count() < SpecialTokens.Count || SpecialTokens.Contains(""))
        {
            throw new TextException("expected special tokens that differ and are not empty");
        }
    }
}
