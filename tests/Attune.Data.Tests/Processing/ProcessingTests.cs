using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Data.Cleaning;
using Attune.Data.Inspection;
using Attune.Data.Processing;
using Attune.Data.Rows;

namespace Attune.Data.Tests.Processing;

public sealed class ProcessingTests : IDisposable
{
    private const string Reviews = """
        {"text": "A wonderful film from start to end, with a cast that knows what it does.", "label": "good"}
        {"text": "a WONDERFUL film, from start to end; with a cast that knows what it does!", "label": "good"}
        {"text": "A wonderful film from start to end, with a cast that knows what it does and more.", "label": "good"}
        {"text": "Boring and far too long, I fell asleep after ten minutes of it.", "label": "bad"}
        not json
        {"text": "Write to jane@example.com about the cafÃ© scene.", "label": "bad", "stars": 2}
        {"text": "  ", "label": null}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("attune-data-").FullName;

    [Fact]
    public void Inspection_finds_what_is_there()
    {
        DataFile heldOut = DataFiles.Of("h.jsonl", """{"text": "boring and far too long. I fell asleep after ten minutes of it"}""");
        InspectionReport report = DataInspector.Run([DataFiles.Of("a.jsonl", Reviews)], [heldOut], new DataFileOptions(), new DedupOptions { Columns = ["text"], Threshold = 0.5 });
        Assert.Equal(7, report.Rows);
        Assert.Equal(["a.jsonl:5"], Places(Assert.Single(report.BadRows)));
        Assert.Equal(["a.jsonl:2"], Places(report.Duplicates.Single(group => group.Reason == "the words of an earlier row")));
        Assert.Equal(["a.jsonl:3"], Places(report.Duplicates.Single(group => group.Reason == "nearly equal to an earlier row")));
        Assert.Equal(["a.jsonl:4"], Places(Assert.Single(report.Leaked)));
        Assert.Equal(["a.jsonl:6"], Places(Assert.Single(report.Damaged)));
        Assert.Equal(("email", 1L), (Assert.Single(report.Personal).Reason, report.Personal[0].Rows));
        Assert.Equal([("text", 0L, 1L), ("label", 1, 0), ("stars", 5, 0)], report.Columns.Select(column => (column.Name, column.Missing, column.Blank)));
        Assert.Equal([KeyValuePair.Create("good", 3L), KeyValuePair.Create("bad", 2L)], report.Columns[1].Values!);
        Assert.Null(report.Columns[0].Values);
        Assert.Equal(5, report.Scripts["latin"]);
        Assert.Equal(7, (int)JsonNode.Parse(report.ToJson())!["rows"]!);
        Assert.Contains("the words of an earlier row (a.jsonl:2)", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Cleaning_repairs_masks_and_leaves_out()
    {
        var reading = new DataFileOptions { OnBadRows = "skip" };
        CleanReport report = DataCleaner.Run([DataFiles.Of("a.jsonl", Reviews)], Out("clean.jsonl"), reading, new CleanOptions { MaskPii = true });
        string[] lines = File.ReadAllLines(Out("clean.jsonl"));
        Assert.Equal("""{"text":"Write to [EMAIL] about the café scene.","label":"bad","stars":2}""", lines[4]);
        Assert.Equal((7L, 5L, 1L, 1L), (report.RowsRead, report.RowsWritten, report.RowsChanged, report.Masked["email"]));
        Assert.Equal(["a.jsonl:5", "a.jsonl:7"], report.LeftOut.SelectMany(Places));
        Assert.Contains("line 5", Assert.Throws<DataException>(() => DataCleaner.Run([DataFiles.Of("a.jsonl", Reviews)], Out("x.jsonl"), new DataFileOptions(), new CleanOptions())).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Out("x.jsonl")));
        Assert.Equal(["clean.jsonl"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(1.0, 5, 1, 0)]
    [InlineData(0.5, 4, 1, 1)]
    public void Deduplication_keeps_the_first_of_each(double threshold, int written, int equal, int near)
    {
        DedupReport report = DataDeduplicator.Run(
            [DataFiles.Of("a.jsonl", Reviews)], Out("unique.jsonl"), new DataFileOptions { OnBadRows = "skip" }, new DedupOptions { Columns = ["text"], Threshold = threshold });
        Assert.Equal((written, equal, near), (report.RowsWritten, report.EqualRows, report.NearRows));
        Assert.Equal(written, File.ReadAllLines(Out("unique.jsonl")).Length);
    }

    [Fact]
    public void A_split_keeps_equal_rows_together_and_shares_labels_out_evenly()
    {
        string rows = string.Concat(Enumerable.Range(0, 400).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{{\"text\": \"row number {i % 200} says {i % 200 * 37} and no more\", \"label\": {(i % 200 % 4 == 0 ? 1 : 0)}}}\n")));
        var options = new DataSplitOptions { TestSize = 0.2, ValSize = 40, StratifyBy = "label", SplitSeed = 3 };
        DataSplitReport report = DataSplitter.Run([DataFiles.Of("a.jsonl", rows)], _folder, new DataFileOptions(), options, new DedupOptions { Columns = ["text"], Threshold = 1 });
        Assert.Equal([280L, 40, 80], new[] { "train", "validation", "test" }.Select(part => report.Parts[part]));
        Assert.Equal(200, report.KeptTogether);
        string[][] parts = [.. new[] { "train", "validation", "test" }.Select(part => File.ReadAllLines(Out(part + ".jsonl")))];
        Assert.Equal([70, 10, 20], parts.Select(part => part.Count(line => line.EndsWith(":1}", StringComparison.Ordinal))));
        Assert.Empty(parts[0].Intersect(parts[1]).Concat(parts[0].Intersect(parts[2])).Concat(parts[1].Intersect(parts[2])));

        string again = Directory.CreateDirectory(Path.Combine(_folder, "again")).FullName;
        DataSplitter.Run([DataFiles.Of("a.jsonl", rows)], again, new DataFileOptions(), options, new DedupOptions { Columns = ["text"], Threshold = 1 });
        Assert.Equal(parts[2], File.ReadAllLines(Path.Combine(again, "test.jsonl")));
    }

    [Fact]
    public void A_split_with_an_empty_part_is_an_error()
    {
        string message = Assert.Throws<DataException>(() => DataSplitter.Run(
            [DataFiles.Of("a.txt", "the same\nthe same\nthe same\n")], _folder, new DataFileOptions(), new DataSplitOptions(), new DedupOptions())).Message;
        Assert.Contains("3 rows in 1 groups", message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public void Many_rows_lie_on_the_disk_while_they_are_compared()
    {
        // More rows than keys are held in memory; every tenth is there twice.
        string rows = string.Concat(Enumerable.Range(0, 30_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"line {(i % 10 == 9 ? i - 9 : i)} of the text\n")));
        DedupReport report = DataDeduplicator.Run([DataFiles.Of("a.txt", rows)], Out("unique.jsonl"), new DataFileOptions(), new DedupOptions { Threshold = 1 });
        Assert.Equal((27_000L, 3000L), (report.RowsWritten, report.EqualRows));
    }

    [Fact]
    public void Personal_data_of_an_earlier_kind_keeps_what_a_later_one_overlaps()
    {
        const string Text = "see https://a.example/jane@b.example?id=078-05-1120 or ask joe@c.example at 10.0.0.1";
        Assert.Equal(["url", "email", "ipv4"], PiiFinder.Find(Text).Select(span => span.Kind));
        string many = string.Concat(Enumerable.Repeat(Text + ", ", 2000));
        Assert.Equal(6000, PiiFinder.Find(many).Count);
    }

    [Theory]
    [InlineData("<![CDATA[a]]><![CDATA[b", "a")]
    [InlineData("x <![CDATA[ y & z ]]> <b>w</b>", "x y & z w")]
    public void Html_data_ends_where_it_says(string html, string expected) => Assert.Equal(expected, HtmlText.Clean(html));

    [Theory]
    [InlineData("&lt;b&gt; and <i>", "&lt;b&gt; and <i>")]
    [InlineData("plain & simple", "plain & simple")]
    [InlineData("a\u0000b\r\nc", "ab\nc")]
    public void Repairs_leave_sound_text_alone(string text, string expected) => Assert.Equal(expected, TextRepair.Repair(text, new RepairOptions()));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<string> Places(RowGroup group) => group.First.Select(place => place.ToString());

    private string Out(string name) => Path.Combine(_folder, name);
}
