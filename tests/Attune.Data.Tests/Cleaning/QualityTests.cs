using Attune.Data.Cleaning;
using Attune.Data.Inspection;
using Attune.Data.Processing;
using Attune.Testing;

namespace Attune.Data.Tests.Cleaning;

public sealed class QualityTests : IDisposable
{
    private static readonly string Prose = string.Join(' ', Enumerable.Repeat("The weather of the island is mild, and people have been with us", 5));

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Broken => new()
    {
        { "The weather of the island is mild.", "words below min_words = 50" },
        { Prose.Replace("weather", "weather #", StringComparison.Ordinal).Replace("island", "# island", StringComparison.Ordinal), "number signs or ellipses a word above max_symbol_ratio = 0.1" },
        { Prose.Replace("weather", "weather …", StringComparison.Ordinal).Replace("island", "... island", StringComparison.Ordinal), "number signs or ellipses a word above max_symbol_ratio = 0.1" },
        { string.Concat(Enumerable.Repeat("a of ", 40)), "mean word length below min_mean_word_length = 3" },
        { string.Concat(Enumerable.Repeat("extraordinarily unforgettable ", 40)), "mean word length above max_mean_word_length = 10" },
        { string.Concat(Enumerable.Repeat("- the island of people\n", 20)) + "and", "share of lines with a bullet above max_bullet_share = 0.9" },
        { string.Concat(Enumerable.Repeat("read on about the island of people to be happy with, and much more about it ...\nThe island of people\n", 10)), "share of lines with an ellipsis at the end above max_ellipsis_share = 0.3" },
        { Prose.Replace("island", "1234 5678 0", StringComparison.Ordinal).Replace("people", "17 18 190 2000", StringComparison.Ordinal), "share of words with a letter below min_letter_share = 0.8" },
        { string.Concat(Enumerable.Repeat("Das Wetter auf der Insel ist mild. ", 10)), "stop words below min_stop_words = 2" },
    };

    [Fact]
    public void Prose_keeps_all_rules() => Assert.Null(Rules(new QualityOptions { Quality = "gopher" }).Broken(TextQuality.Of(Prose)));

    [Theory]
    [MemberData(nameof(Broken))]
    public void Every_rule_of_gopher_is_kept(string text, string reason) => Assert.Equal(reason, Rules(new QualityOptions { Quality = "gopher" }).Broken(TextQuality.Of(text)));

    [Fact]
    public void Single_rules_replace_and_add()
    {
        TextQuality loud = TextQuality.Of("THE WEATHER of the island");
        Assert.Equal("stop words below min_stop_words = 2", Rules(new QualityOptions { Quality = "gopher", MinWords = 5, MinStopWords = null }).Broken(TextQuality.Of("one two three four five")));
        Assert.Null(Rules(new QualityOptions { Quality = "gopher", MinWords = 5 }).Broken(loud));
        Assert.Equal("share of capital letters above max_upper_share = 0.4", Rules(new QualityOptions { MaxUpperShare = 0.4 }).Broken(loud));
        Assert.Null(new QualityOptions().CreateRules());
        Assert.Contains("quality must be one of none, gopher", Assert.Throws<DataException>(new QualityOptions { Quality = "c4" }.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("max_bullet_share must be from 0 to 1; it is 1.5", Assert.Throws<DataException>(new QualityOptions { MaxBulletShare = 1.5 }.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_text_has_no_shares()
    {
        TextQuality empty = TextQuality.Of("");
        Assert.Equal((0, 0.0, 0.0, 0.0), (empty.Words, empty.MeanWordLength, empty.ShareUpper, empty.ShareBulletLines));
    }

    [Fact]
    public void Cleaning_leaves_out_what_breaks_a_rule_and_says_which()
    {
        string rows = $$"""
            {"text": "{{Prose}}", "id": "A1"}
            {"text": "Too short.", "id": "B2"}
            {"text": "Also too short, and with more than that of the text in the other column.", "id": "{{Prose}}"}
            """;
        var options = new CleanOptions { Quality = new QualityOptions { Quality = "gopher", Columns = ["text"] } };
        CleanReport report = DataCleaner.Run([DataFiles.Of("a.jsonl", rows)], _folder["good.jsonl"], new DataFileOptions(), options);
        RowGroup left = Assert.Single(report.LeftOut);
        Assert.Equal(("words below min_words = 50", 2L, 2L), (left.Reason, left.Rows, left.First[0].Line));
        Assert.Equal(1, report.RowsWritten);

        InspectionReport inspected = DataInspector.Run([DataFiles.Of("a.jsonl", rows)], [], new DataFileOptions(), new DedupOptions { Columns = ["text"] });
        Assert.Equal(("words below min_words = 50", 2L), (Assert.Single(inspected.LowQuality).Reason, inspected.LowQuality[0].Rows));
    }

    public void Dispose() => _folder.Dispose();

    private static QualityRules Rules(QualityOptions options) => options.CreateRules()!;
}
