using System.Globalization;
using System.Text.Json;
using Attune.Data;
using Attune.Data.Duplicates;
using Attune.Data.Processing;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Retrieval.Search;

namespace Attune.Retrieval.Processing;

/// <summary>Which texts are hard negatives of a pair.</summary>
public sealed record NegativesOptions
{
    /// <summary>Negatives of each pair. Range: 1 to 64. Default: 1.</summary>
    public int NumNegatives { get; init; } = 1;

    /// <summary>How many of the texts that BM25 finds for an anchor are passed over, the best first, since they may be right answers, too. Range: 0 to 10,000. Default: 0.</summary>
    public int RangeMin { get; init; }

    /// <summary>Texts that score more than this share of what the positive scores are passed over as likely right answers. Range: above 0. Default: no bound.</summary>
    public double? MaxScoreShare { get; init; }

    /// <summary>Column of the anchors. Default: the first of a pair that is known, such as <c>anchor</c>, <c>query</c>, <c>question</c>.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of the positives. Default: the partner of the first (<c>positive</c>, <c>answer</c>, ...).</summary>
    public string? TextPairColumn { get; init; }

    /// <summary>Column of the texts in the corpus. Default: <c>text</c>, <c>content</c>, <c>document</c>, <c>passage</c> or <c>positive</c>.</summary>
    public string? CorpusColumn { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        if (NumNegatives is < 1 or > 64)
        {
            throw new DataException($"num_negatives must be from 1 to 64; it is {NumNegatives}.");
        }

        if (RangeMin is < 0 or > 10_000)
        {
            throw new DataException($"range_min must be from 0 to 10000; it is {RangeMin}.");
        }

        if (MaxScoreShare is { } share && !(share > 0))
        {
            throw new DataException(FormattableString.Invariant($"max_score_share must be above 0; it is {share}."));
        }
    }
}

/// <summary>What looking for negatives did.</summary>
public sealed record NegativesReport : RowsReport
{
    /// <summary>Rows written.</summary>
    public required long RowsWritten { get; init; }

    /// <summary>Different texts that were searched.</summary>
    public required int CorpusTexts { get; init; }

    /// <summary>Mean place of the negatives among what BM25 finds, counted from 1.</summary>
    public required double MeanRank { get; init; }

    /// <inheritdoc/>
    public override string ToJson() => JsonSerializer.Serialize(this, RetrievalJson.Default.NegativesReport);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines() =>
        [string.Create(CultureInfo.InvariantCulture, $"rows: {RowsRead:N0} read, {RowsWritten:N0} written; {CorpusTexts:N0} texts searched, negatives stand at place {MeanRank:N1} in the mean")];
}

/// <summary>Finds for each pair of an anchor and a positive texts that share words with the anchor and are no right answers (BM25), from which embeddings learn more than from texts at random.</summary>
/// <remarks>Source: V. Karpukhin et al., Dense Passage Retrieval for Open-Domain Question Answering (2020).</remarks>
public static class NegativeMiner
{
    /// <summary>More places than these are not looked at for a pair.</summary>
    private const int MostSearched = 256;

    private static readonly string[] UsualColumns = ["text", "content", "document", "passage", "positive"];

    /// <summary>Writes each pair with its negatives as JSON lines: <c>anchor</c>, <c>positive</c> and <c>negative</c>, or <c>negative_1</c> and so on.</summary>
    /// <param name="files">The files of the pairs, read in this order, twice.</param>
    /// <param name="corpus">The files of the texts to search, each of the format that its extension names; empty for the positives of all pairs.</param>
    /// <param name="output">The file to write; complete or not at all.</param>
    /// <param name="reading">How files are read.</param>
    /// <param name="options">Which texts are negatives.</param>
    /// <param name="progress">Is told how many pairs were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, an option is out of its range, or there are no texts to search.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static NegativesReport Run(
        IReadOnlyList<DataFile> files, IReadOnlyList<DataFile> corpus, string output, DataFileOptions reading, NegativesOptions options, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var columns = new TaskColumnOptions { TextColumn = options.TextColumn, TextPairColumn = options.TextPairColumn };
        var texts = new Corpus();
        var positives = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach ((_, _, (string anchor, string positive)) in new RowStream(files, reading).Select(row => Pair(row, columns), cancellation))
        {
            string key = ExactKey.Normalize(anchor);
            (positives.TryGetValue(key, out HashSet<string>? known) ? known : positives[key] = []).Add(ExactKey.Normalize(positive));
            if (corpus.Count == 0)
            {
                texts.Add(positive);
            }
        }

        // What was said of the pairs' format and number holds for them alone.
        var corpusReading = reading with { Format = null, MaxRows = null };
        foreach ((_, _, string text) in new RowStream(corpus, corpusReading).Select(row => row.Text(TaskColumns.Find(row, options.CorpusColumn, "corpus_column", UsualColumns)), cancellation))
        {
            texts.Add(text);
        }

        if (texts.Texts.Count == 0)
        {
            throw new DataException($"there are no texts to search in {string.Join(", ", (corpus.Count == 0 ? files : corpus).Select(file => file.Name))}.");
        }

        var search = new PairSearch(texts, positives, options, cancellation);
        return Write(new RowStream(files, reading, progress), row => search.Find(Pair(row, columns)), row => Pair(row, columns), output, options, texts.Texts.Count, cancellation);
    }

    private static NegativesReport Write(
        RowStream stream, Func<DataRow, List<(string Text, int Rank)>> find, Func<DataRow, (string Anchor, string Positive)> pair, string output, NegativesOptions options, int corpusTexts, CancellationToken cancellation)
    {
        var left = new RowGroupCounter();
        long ranks = 0;
        using var writer = new JsonLinesWriter(output);
        foreach ((_, DataRow row, List<(string Text, int Rank)> negatives) in stream.Select(find, cancellation))
        {
            if (negatives.Count < options.NumNegatives)
            {
                left.Add("fewer texts than num_negatives were found that share words with the anchor and are no right answers", row.Place);
                continue;
            }

            (string anchor, string positive) = pair(row);
            writer.Write(JsonLinesWriter.ToLine(row, json =>
            {
                json.WriteStartObject();
                json.WriteString("anchor", anchor);
                json.WriteString("positive", positive);
                for (int i = 0; i < negatives.Count; i++)
                {
                    json.WriteString(negatives.Count == 1 ? "negative" : string.Create(CultureInfo.InvariantCulture, $"negative_{i + 1}"), negatives[i].Text);
                }

                json.WriteEndObject();
            }));
            ranks += negatives.Sum(negative => negative.Rank);
        }

        writer.Commit();
        return new NegativesReport
        {
            RowsRead = stream.RowsRead,
            RowsWritten = writer.Rows,
            CorpusTexts = corpusTexts,
            MeanRank = writer.Rows == 0 ? 0 : (double)ranks / (writer.Rows * options.NumNegatives),
            LeftOut = [.. stream.BadRows, .. left.Report()],
        };
    }

    private static (string Anchor, string Positive) Pair(DataRow row, TaskColumnOptions columns)
    {
        (string anchor, string? positive) = TaskColumns.Texts(row, columns);
        return positive is null
            ? throw row.Wrong("a second text is missing: negatives are looked for to pairs, such as anchor and positive, or query and answer; say which columns they are with text_column and text_pair_column")
            : (anchor, positive);
    }

    /// <summary>The texts to search; those with equal words only once.</summary>
    private sealed class Corpus
    {
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        public List<string> Texts { get; } = [];

        /// <summary>For each text what counts of it when it is compared with others.</summary>
        public List<string> Keys { get; } = [];

        public void Add(string text)
        {
            string key = ExactKey.Normalize(text);
            if (key.Length > 0 && _known.Add(key))
            {
                Texts.Add(text);
                Keys.Add(key);
            }
        }
    }

    private sealed class PairSearch(Corpus corpus, Dictionary<string, HashSet<string>> positives, NegativesOptions options, CancellationToken cancellation)
    {
        private readonly Bm25Index _index = Bm25Index.Create(Until(corpus.Texts, cancellation));

        /// <summary>The negatives of a pair with their places; fewer than asked for when there are not so many.</summary>
        public List<(string Text, int Rank)> Find((string Anchor, string Positive) pair)
        {
            string anchorKey = ExactKey.Normalize(pair.Anchor);
            HashSet<string> right = positives.GetValueOrDefault(anchorKey) ?? [];
            double most = options.MaxScoreShare is { } share ? share * _index.Score(pair.Anchor, pair.Positive) : double.PositiveInfinity;
            var negatives = new List<(string, int)>();
            IReadOnlyList<SearchHit> hits = _index.Search(pair.Anchor, options.RangeMin + options.NumNegatives + right.Count + MostSearched);
            for (int i = options.RangeMin; i < hits.Count && negatives.Count < options.NumNegatives; i++)
            {
                string key = corpus.Keys[hits[i].Document];
                if (hits[i].Score <= most && key != anchorKey && !right.Contains(key))
                {
                    negatives.Add((corpus.Texts[hits[i].Document], i + 1));
                }
            }

            return negatives;
        }

        private static IEnumerable<string> Until(IEnumerable<string> texts, CancellationToken cancellation)
        {
            foreach (string text in texts)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return text;
            }
        }
    }
}
