using System.Buffers;
using System.Runtime.InteropServices;

namespace Attune.Retrieval.Search;

/// <summary>A document that a search found.</summary>
/// <param name="Document">Its number, from 0.</param>
/// <param name="Score">How well it fits.</param>
public readonly record struct SearchHit(int Document, double Score);

/// <summary>Documents that are searched by their words. May be searched by several threads at once.</summary>
/// <remarks>Source: S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).</remarks>
public sealed class Bm25Index
{
    private readonly Bm25Options _options;
    private readonly Dictionary<string, int> _terms;
    private readonly double[] _idf;

    /// <summary>Where each term's postings begin; one more than there are terms.</summary>
    private readonly int[] _starts;
    private readonly int[] _documents;

    /// <summary>What each posting adds to its document's score.</summary>
    private readonly double[] _weights;

    private Bm25Index(Bm25Options options, Dictionary<string, int> terms, double[] idf, int[] starts, int[] documents, double[] weights, int count, double averageLength)
    {
        _options = options;
        _terms = terms;
        _idf = idf;
        _starts = starts;
        _documents = documents;
        _weights = weights;
        Documents = count;
        AverageLength = averageLength;
    }

    /// <summary>Documents.</summary>
    public int Documents { get; }

    /// <summary>Mean number of terms of a document; 0 without documents.</summary>
    public double AverageLength { get; }

    /// <summary>Different terms.</summary>
    public int VocabularySize => _terms.Count;

    /// <summary>Makes an index.</summary>
    /// <param name="documents">The documents; their places are their numbers.</param>
    /// <param name="options">How terms are weighed; null for the defaults.</param>
    public static Bm25Index Create(IEnumerable<string> documents, Bm25Options? options = null)
    {
        options ??= new Bm25Options();
        var terms = new Dictionary<string, int>(StringComparer.Ordinal);
        var postings = new List<(int Term, int Document, int Count)>();
        var lengths = new List<int>();
        var counts = new Dictionary<int, int>();
        foreach (string document in documents)
        {
            int length = 0;
            counts.Clear();
            foreach (string term in Terms.Of(document))
            {
                ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(terms, term, out bool isKnown);
                number = isKnown ? number : terms.Count - 1;
                CollectionsMarshal.GetValueRefOrAddDefault(counts, number, out _)++;
                length++;
            }

            foreach ((int term, int count) in counts)
            {
                postings.Add((term, lengths.Count, count));
            }

            lengths.Add(length);
        }

        double average = lengths.Count == 0 ? 0 : lengths.Sum(length => (double)length) / lengths.Count;
        int[] starts = new int[terms.Count + 1];
        foreach ((int term, _, _) in postings)
        {
            starts[term + 1]++;
        }

        double[] idf = Weights(starts.AsSpan(1), lengths.Count, options);
        for (int term = 0; term < terms.Count; term++)
        {
            starts[term + 1] += starts[term];
        }

        int[] next = [.. starts];
        int[] of = new int[postings.Count];
        double[] weights = new double[postings.Count];
        foreach ((int term, int document, int count) in postings)
        {
            of[next[term]] = document;
            weights[next[term]++] = Weight(options, idf[term], count, lengths[document], average);
        }

        return new Bm25Index(options, terms, idf, starts, of, weights, lengths.Count, average);
    }

    /// <summary>The documents that fit a query best, the best first, equal ones in their order; only those that have one of its terms.</summary>
    /// <param name="query">The query; a term that it repeats counts as often.</param>
    /// <param name="count">Documents wanted.</param>
    public IReadOnlyList<SearchHit> Search(string query, int count)
    {
        double[] scores = ArrayPool<double>.Shared.Rent(Documents);
        try
        {
            return Search(query, count, scores.AsSpan(0, Documents));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(scores);
        }
    }

    /// <summary>How well any text, of the index or not, fits a query.</summary>
    public double Score(string query, string text)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        int length = 0;
        foreach (string term in Terms.Of(text))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, term, out _)++;
            length++;
        }

        return Terms.Of(query).Sum(term => counts.TryGetValue(term, out int count) && _terms.TryGetValue(term, out int number) ? Weight(_options, _idf[number], count, length, AverageLength) : 0);
    }

    private static double Weight(Bm25Options options, double idf, int count, int length, double average) =>
        idf * count * (options.Variant == Bm25Variant.Okapi ? options.K1 + 1 : 1) / (count + (options.K1 * (1 - options.B + (options.B * length / average))));

    private SearchHit[] Search(string query, int count, Span<double> scores)
    {
        const double Untouched = double.NegativeInfinity;
        scores.Fill(Untouched);
        foreach (string term in Terms.Of(query))
        {
            if (_terms.TryGetValue(term, out int number))
            {
                for (int i = _starts[number]; i < _starts[number + 1]; i++)
                {
                    ref double score = ref scores[_documents[i]];
                    score = (score == Untouched ? 0 : score) + _weights[i];
                }
            }
        }

        // The worst of the best so far stands first: the least score, and of equal ones the last document.
        var best = new PriorityQueue<int, (double Score, int Document)>(Comparer<(double Score, int Document)>.Create((a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : b.Document.CompareTo(a.Document)));
        for (int document = 0; document < scores.Length; document++)
        {
            if (scores[document] == Untouched)
            {
                continue;
            }

            best.Enqueue(document, (scores[document], document));
            if (best.Count > count)
            {
                best.Dequeue();
            }
        }

        var hits = new SearchHit[best.Count];
        for (int i = hits.Length - 1; i >= 0; i--)
        {
            int document = best.Dequeue();
            hits[i] = new SearchHit(document, scores[document]);
        }

        return hits;
    }

    /// <summary>The weight of each term.</summary>
    /// <param name="frequencies">In how many documents each term stands.</param>
    /// <param name="documents">Documents.</param>
    /// <param name="options">How terms are weighed.</param>
    private static double[] Weights(ReadOnlySpan<int> frequencies, int documents, Bm25Options options)
    {
        double[] weights = new double[frequencies.Length];
        for (int term = 0; term < weights.Length; term++)
        {
            double odds = (documents - frequencies[term] + 0.5) / (frequencies[term] + 0.5);
            weights[term] = Math.Log(options.Variant == Bm25Variant.Okapi ? odds : 1 + odds);
        }

        if (options.Variant == Bm25Variant.Okapi && weights.Length > 0)
        {
            double least = options.Epsilon * weights.Average();
            weights = Array.ConvertAll(weights, weight => weight < 0 ? least : weight);
        }

        return weights;
    }
}
