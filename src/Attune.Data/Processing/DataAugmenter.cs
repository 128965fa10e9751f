using System.Globalization;
using System.Text.Json;
using Attune.Data.Augmentation;
using Attune.Data.Rows;

namespace Attune.Data.Processing;

/// <summary>How rows are varied.</summary>
public sealed record AugmentOptions
{
    /// <summary>What changes the texts: synonym_replacement and random_insertion (of synonyms), random_swap and random_deletion (of words), typos. Each copy is changed by one of them, drawn at random. Default: random_swap and random_deletion, and with synonyms all but typos.</summary>
    public IReadOnlyList<string> Operations { get; init; } = [];

    /// <summary>A JSON file with the synonyms of words: {"quick": ["fast", "speedy"], ...}. Default: none.</summary>
    public string? Synonyms { get; init; }

    /// <summary>Varied copies of each row, which follow it. Range: 1 to 64. Default: 1.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Share of the words that are changed, at least one; with random_deletion, with which probability a word goes. Range: above 0, up to 1. Default: 0.1.</summary>
    public double Strength { get; init; } = 0.1;

    /// <summary>The columns whose text is varied; the others stay as they are. Default: <c>text</c>, <c>sentence</c> or <c>content</c>.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Seed of all that is drawn. Default: 42; at least 0.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range, or operations need synonyms and there are none.</exception>
    public void Validate()
    {
        Check.Range(Copies, "copies", 1, 64);
        Check.Range(Seed, "seed", 0, int.MaxValue);
        if (!(Strength is > 0 and <= 1))
        {
            throw new DataException(FormattableString.Invariant($"strength must be above 0 and at most 1; it is {Strength}."));
        }

        if (Synonyms is null && Operations.FirstOrDefault(key => KnownAugmentations.Of(key).NeedsSynonyms) is { } needy)
        {
            throw new DataException($"operation '{needy}' needs synonyms; give a JSON file of them with synonyms.");
        }
    }

    /// <summary>The operations that copies are changed by.</summary>
    internal AugmentationOperation[] CreateOperations() => Operations.Count > 0
        ? [.. Operations.Distinct().Select(KnownAugmentations.Of)]
        : [.. KnownAugmentations.All.Select(KnownAugmentations.Of).Where(operation => operation.Key != "typos" && (Synonyms is not null || !operation.NeedsSynonyms))];
}

/// <summary>What augmentation did.</summary>
public sealed record AugmentReport : RowsReport
{
    /// <summary>Rows written, originals and copies.</summary>
    public required long RowsWritten { get; init; }

    /// <summary>Varied copies by what changed them.</summary>
    public required IReadOnlyDictionary<string, long> Copies { get; init; }

    /// <summary>Copies that were not written since nothing in them could be changed.</summary>
    public required long Unchanged { get; init; }

    /// <inheritdoc/>
    public override string ToJson() => JsonSerializer.Serialize(this, RowsReportJson.Default.AugmentReport);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines() =>
    [
        string.Create(CultureInfo.InvariantCulture, $"rows: {RowsRead:N0} read, {RowsWritten:N0} written, {Copies.Values.Sum():N0} of them varied copies"),
        .. Copies.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {pair.Value:N0}")),
        .. Unchanged == 0 ? Array.Empty<string>() : [string.Create(CultureInfo.InvariantCulture, $"nothing could be changed in {Unchanged:N0} copies, which were not written")],
    ];
}

/// <summary>Writes rows and varied copies of them, in which a classifier meets more ways to say the same; streams, so the size of the data does not matter.</summary>
public static class DataAugmenter
{
    private static readonly string[] UsualColumns = ["text", "sentence", "content"];

    /// <summary>Writes each row and behind it its copies as JSON lines.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="output">The file to write; complete or not at all.</param>
    /// <param name="reading">How files are read.</param>
    /// <param name="options">How rows are varied.</param>
    /// <param name="progress">Is told how many rows were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, or an option is out of its range.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static AugmentReport Run(
        IReadOnlyList<DataFile> files, string output, DataFileOptions reading, AugmentOptions options, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var augmenter = new Augmenter(options);
        var stream = new RowStream(files, reading, progress);
        var copies = new SortedDictionary<string, long>(StringComparer.Ordinal);
        long unchanged = 0;
        using var writer = new JsonLinesWriter(output);
        foreach ((_, _, Varied varied) in stream.Select(augmenter.Vary, cancellation))
        {
            writer.Write(varied.Original);
            unchanged += options.Copies - varied.Copies.Count;
            foreach ((string key, byte[] line) in varied.Copies)
            {
                writer.Write(line);
                copies[key] = copies.GetValueOrDefault(key) + 1;
            }
        }

        writer.Commit();
        return new AugmentReport { RowsRead = stream.RowsRead, RowsWritten = writer.Rows, Copies = copies, Unchanged = unchanged, LeftOut = stream.BadRows };
    }

    private sealed record Varied(byte[] Original, IReadOnlyList<(string Key, byte[] Line)> Copies);

    private sealed class Augmenter(AugmentOptions options)
    {
        private readonly AugmentationOperation[] _operations = options.CreateOperations();
        private readonly Synonyms? _synonyms = options.Synonyms is { } path ? Synonyms.Load(path) : null;

        /// <summary>A row and its copies but those in which nothing could be changed.</summary>
        public Varied Vary(DataRow row)
        {
            string[] columns = options.Columns.Count > 0 ? [.. options.Columns] : [Tasks.TaskColumns.Find(row, null, "columns", UsualColumns)];
            string[] texts = [.. columns.Select(row.Text)];
            var copies = new List<(string, byte[])>();
            for (int copy = 0; copy < options.Copies; copy++)
            {
                // What is drawn depends on seed, row and copy alone, so it is the same however many rows are worked on at once.
                var random = new SplitMix64(SeedOf(row.Place, copy));
                if (Change(texts, ref random) is { } changed)
                {
                    copies.Add((changed.Key, Line(row, columns, changed.Texts)));
                }
            }

            return new Varied(JsonLinesWriter.ToLine(row, row.Value.WriteTo), copies);
        }

        /// <summary>The texts changed by one operation: the first drawn that can change any of them; null when none can.</summary>
        private (string Key, string[] Texts)? Change(string[] texts, ref SplitMix64 random)
        {
            AugmentationOperation[] left = [.. _operations];
            for (int i = 0; i < left.Length; i++)
            {
                int at = i + random.Below(left.Length - i);
                (left[i], left[at]) = (left[at], left[i]);
                string[] changed = new string[texts.Length];
                for (int t = 0; t < texts.Length; t++)
                {
                    changed[t] = left[i].Change(texts[t], options.Strength, _synonyms, ref random);
                }

                if (!changed.SequenceEqual(texts))
                {
                    return (left[i].Key, changed);
                }
            }

            return null;
        }

        private ulong SeedOf(RowPlace place, int copy)
        {
            // Rows of several files stand on the same lines; the names' characters tell them apart.
            ulong hash = unchecked((ulong)options.Seed * 0x9E3779B97F4A7C15);
            foreach (char letter in Path.GetFileName(place.File))
            {
                hash = unchecked((hash ^ letter) * 0x100000001B3);
            }

            return unchecked((((hash ^ (ulong)place.Line) * 0x100000001B3) ^ (ulong)copy) * 0xD6E8FEB86659FD93);
        }

        private static byte[] Line(DataRow row, string[] columns, string[] texts) => JsonLinesWriter.ToLine(row, json =>
        {
            json.WriteStartObject();
            foreach (JsonProperty property in row.Value.EnumerateObject())
            {
                json.WritePropertyName(property.Name);
                int column = Array.IndexOf(columns, property.Name);
                if (column >= 0)
                {
                    json.WriteStringValue(texts[column]);
                }
                else
                {
                    property.Value.WriteTo(json);
                }
            }

            json.WriteEndObject();
        });
    }
}
