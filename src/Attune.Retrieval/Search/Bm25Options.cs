namespace Attune.Retrieval.Search;

/// <summary>How BM25 weighs terms.</summary>
public enum Bm25Variant
{
    /// <summary>Weights that are never negative, as in Lucene: ln(1 + (N - n + 0.5) / (n + 0.5)).</summary>
    Lucene,

    /// <summary>Robertson's weights ln((N - n + 0.5) / (n + 0.5)); those below 0, of terms in more than half of the documents, become a share of the mean weight.</summary>
    Okapi,
}

/// <summary>Settings of BM25.</summary>
public sealed record Bm25Options
{
    /// <summary>How terms are weighed. Default: Lucene.</summary>
    public Bm25Variant Variant { get; init; } = Bm25Variant.Lucene;

    /// <summary>How soon more occurrences of a term count no more. Range: 0 and up. Default: 1.2, as in Lucene.</summary>
    public double K1 { get; init; } = 1.2;

    /// <summary>How much long documents are held down. Range: 0 to 1. Default: 0.75.</summary>
    public double B { get; init; } = 0.75;

    /// <summary>With <see cref="Bm25Variant.Okapi"/>, the share of the mean weight that very frequent terms have. Range: 0 and up. Default: 0.25.</summary>
    public double Epsilon { get; init; } = 0.25;
}
