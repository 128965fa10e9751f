using System.Buffers;
using System.Text.Json;
using Attune.Data.Cleaning;
using Attune.Data.Duplicates;
using Attune.Data.Processing;
using Attune.Data.Rows;

namespace Attune.Data.Inspection;

/// <summary>Looks through a data set once and reports; streams, so only keys and counts are held.</summary>
public static class DataInspector
{
    private const int MostColumns = 256;

    // Controls that texts do not have: all but tab, line feed and carriage return.
    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, 0xA0).Where(code => code is (< 0x20 or > 0x7E) and not (9 or 10 or 13)).Select(code => (char)code)]);

    private static readonly QualityRules Gopher = new QualityOptions { Quality = "gopher" }.CreateRules()!;

    /// <summary>Inspects files.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="heldOut">Files of rows that training must not see; empty for none.</param>
    /// <param name="reading">How files are read; bad rows are reported, never an error.</param>
    /// <param name="same">Which rows count as the same.</param>
    /// <param name="progress">Is told how many rows were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file cannot be read, or an option is out of its range.</exception>
    public static InspectionReport Run(
        IReadOnlyList<DataFile> files, IReadOnlyList<DataFile> heldOut, DataFileOptions reading, DedupOptions same, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        var text = new RowText(same.Columns);
        (TestOverlap overlap, HashSet<ulong> heldOutKeys) = ReadHeldOut(heldOut, reading, text, cancellation);
        var stream = new RowStream(files, reading, progress, isTolerant: true);
        using DuplicateFinder finder = same.CreateFinder();
        var counts = new Counts(files);
        foreach ((int file, DataRow row, Facts facts) in stream.Select(row => Look(row, text.Of(row), finder, overlap), cancellation))
        {
            finder.Add(facts.Keys);
            counts.Add(file, row, facts, heldOutKeys.Contains(facts.Keys[0]));
        }

        return counts.Report(stream, files, finder.Find());
    }

    private static (TestOverlap Overlap, HashSet<ulong> Keys) ReadHeldOut(IReadOnlyList<DataFile> files, DataFileOptions reading, RowText text, CancellationToken cancellation)
    {
        var overlap = new TestOverlap();
        var keys = new HashSet<ulong>();
        using var finder = new DuplicateFinder();
        foreach ((_, _, string heldOut) in new RowStream(files, reading, isTolerant: true).Select(text.Of, cancellation))
        {
            overlap.Add(heldOut);
            keys.Add(finder.KeysOf(heldOut)[0]);
        }

        // Rows without text are equal to nothing.
        keys.Remove(0);
        return (overlap, keys);
    }

    private static Facts Look(DataRow row, string text, DuplicateFinder finder, TestOverlap overlap)
    {
        string? damage = text.Contains('\uFFFD') ? "replacement characters: bytes were lost when the text was read"
            : Mojibake.Repair(text) != text ? "a misread encoding, which attune data clean repairs"
            : text.AsSpan().ContainsAny(Controls) ? "control characters"
            : HtmlEntities.Decode(text).Length != text.Length ? "references of HTML"
            : null;
        TextQuality quality = TextQuality.Of(text);
        string[] personal = [.. PiiFinder.Find(text).Select(span => span.Kind).Distinct()];
        int shared = overlap.Texts == 0 ? 0 : overlap.Shared(text).Count;
        return new Facts(text.Length, quality.Words, Scripts.Of(text), damage, personal, Gopher.Broken(quality), shared > 0, finder.KeysOf(text));
    }

    private sealed record Facts(int Characters, int Words, string Script, string? Damage, string[] Personal, string? BrokenRule, bool SharesWindow, ulong[] Keys);

    private sealed class Counts(IReadOnlyList<DataFile> files)
    {
        private readonly OrderedDictionary<string, ColumnCounter> _columns = new(StringComparer.Ordinal);
        private readonly LengthHistogram _characters = new();
        private readonly LengthHistogram _words = new();
        private readonly Dictionary<string, long> _scripts = new(StringComparer.Ordinal);
        private readonly RowGroupCounter _damaged = new();
        private readonly RowGroupCounter _personal = new();
        private readonly RowGroupCounter _leaked = new();
        private readonly RowGroupCounter _lowQuality = new();
        private readonly RowPlaces _places = new(files);
        private long _rows;

        public void Add(int file, DataRow row, Facts facts, bool isHeldOut)
        {
            _rows++;
            RowPlace place = row.Place;
            _places.Add(file, row.Line);
            _characters.Add(facts.Characters);
            _words.Add(facts.Words);
            _scripts[facts.Script] = _scripts.GetValueOrDefault(facts.Script) + 1;
            if (facts.Damage is { } damage)
            {
                _damaged.Add(damage, place);
            }

            foreach (string kind in facts.Personal)
            {
                _personal.Add(kind, place);
            }

            if (facts.BrokenRule is { } rule)
            {
                _lowQuality.Add(rule, place);
            }

            if (isHeldOut || facts.SharesWindow)
            {
                _leaked.Add(isHeldOut ? "the words of a held-out row" : $"{TestOverlap.WindowWords} words in a row of a held-out row", place);
            }

            if (row.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in row.Value.EnumerateObject())
                {
                    if (!_columns.TryGetValue(property.Name, out ColumnCounter? column) && _columns.Count < MostColumns)
                    {
                        _columns.Add(property.Name, column = new ColumnCounter());
                    }

                    column?.Add(property.Value);
                }
            }
        }

        public InspectionReport Report(RowStream stream, IReadOnlyList<DataFile> files, DuplicateGroups groups)
        {
            var duplicates = new RowGroupCounter();
            foreach ((int row, _) in groups.FirstAlike.Index().Where(pair => pair.Index != pair.Item))
            {
                duplicates.Add(groups.ReasonOf(row), _places[row]);
            }

            return new InspectionReport
            {
                Files = files.Index().ToDictionary(file => file.Item.Name, file => stream.RowsOfFile[file.Index]),
                Rows = stream.RowsRead,
                BadRows = stream.BadRows,
                Columns = [.. _columns.Select(column => column.Value.Report(column.Key, _rows))],
                Characters = _characters.Report(),
                Words = _words.Report(),
                Scripts = _scripts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(),
                Duplicates = duplicates.Report(),
                Leaked = _leaked.Report(),
                Damaged = _damaged.Report(),
                Personal = _personal.Report(),
                LowQuality = _lowQuality.Report(),
            };
        }
    }
}
