using System.Text;
using System.Text.Json;
using Attune.Data.Rows;
using Attune.Data.Tokenization;

namespace Attune.Data.Tests.Tokenization;

public sealed class TokenDatasetTests
{
    private static readonly TokenizationOptions NoEos = new() { AddEosToken = false, AddSpecialTokens = false };

    [Fact]
    public void The_report_counts_rows_read_cut_and_skipped_with_their_lines()
    {
        const string Text = """
            {"text": "bcd"}
            {"text": "bcdfgh"}

            {"text": ""}
            {"text": 7}
            not json
            {"text": "b"}
            """;
        TokenDataset data = Load("a.jsonl", Text, NoEos with { MaxLength = 4 }, new DataFileOptions { OnBadRows = "skip" });
        Assert.Equal([3, 4], data.Rows.Select(row => row.Length));
        Assert.Equal([1L, 2], data.Rows.Select(row => row.Line));
        DataReport report = data.Report;
        Assert.Equal((6, 2, 4, 7, 5, 4), (report.RowsRead, report.RowsKept, report.RowsSkipped, report.Tokens, report.TrainedTokens, report.LongestRowTokens));
        Assert.Equal([new RowPlace("a.jsonl", 2)], report.Cut!.First);
        Assert.Equal(
            ["column 'text': expected text, found a number", "not valid JSON", "the row has no token to learn", "the row is empty"],
            report.Skipped.Select(group => group.Reason));
        Assert.Equal([5L, 6, 7, 4], report.Skipped.Select(group => group.First.Single().Line));
        Assert.Contains("rows: 6 read, 2 kept, 1 of them cut, 4 skipped", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("skipped 1: not valid JSON (a.jsonl:6)", report.ToString(), StringComparison.Ordinal);
        JsonElement json = JsonElement.Parse(report.ToJson());
        Assert.Equal(4, json.GetProperty("rows_skipped").GetInt32());
        Assert.Equal(2, json.GetProperty("cut").GetProperty("first")[0].GetProperty("line").GetInt32());
        Assert.Equal("text", json.GetProperty("files")[0].GetProperty("shape").GetString());
    }

    [Fact]
    public void A_row_that_the_tokenizer_refuses_is_a_bad_row()
    {
        const string Text = "{\"text\": \"bcd\"}\n{\"text\": \"b\u2603\"}\n{\"text\": \"c\u2603\"}\n";
        Assert.Equal(
            "a.jsonl, line 2: the row cannot be tokenised (there is no token for a snowman). Correct the row, or leave such rows out with on_bad_rows: skip.",
            Assert.Throws<DataException>(() => Load("a.jsonl", Text, NoEos)).Message);
        DataReport report = Load("a.jsonl", Text, NoEos, new DataFileOptions { OnBadRows = "skip" }).Report;
        Assert.Equal((3, 1, 2), (report.RowsRead, report.RowsKept, report.RowsSkipped));
    }

    [Fact]
    public void A_bad_row_is_an_error_unless_it_may_be_skipped_and_too_many_are()
    {
        const string Text = "{\"text\": \"bcd\"}\n[]\n7\n{}\n";
        Assert.Equal(
            "a.jsonl, line 2: expected an object with columns, found an array. Correct the row, or leave such rows out with on_bad_rows: skip.",
            Assert.Throws<DataException>(() => Load("a.jsonl", Text, NoEos)).Message);
        string tooMany = Assert.Throws<DataException>(() => Load("a.jsonl", Text, NoEos, new DataFileOptions { OnBadRows = "skip", MaxBadRows = 2 })).Message;
        Assert.Contains("a.jsonl, line 4: column 'text': expected text, found nothing. This is bad row number 3, more than max_bad_rows = 2", tooMany, StringComparison.Ordinal);
        Assert.Single(Load("a.jsonl", Text, NoEos, new DataFileOptions { OnBadRows = "skip", MaxBadRows = 3 }).Rows);
    }

    [Theory]
    [InlineData("a.jsonl", "", "there are no rows in a.jsonl")]
    [InlineData("a.jsonl", "\n \n", "there are no rows in a.jsonl")]
    [InlineData("a.json", "", "the file is empty")]
    [InlineData("a.json", "[]", "there are no rows in a.json")]
    [InlineData("a.csv", "", "there are no rows in a.csv")]
    [InlineData("a.csv", "text\n", "there are no rows in a.csv")]
    [InlineData("a.txt", "", "there are no rows in a.txt")]
    [InlineData("a.jsonl", "{\"text\": \"b\"}", "none of the 1 rows can be used: 1: the row has no token to learn (a.jsonl:1)")]
    public void Data_without_rows_is_an_error(string name, string text, string message)
    {
        Assert.Contains(message, Assert.Throws<DataException>(() => Load(name, text, NoEos)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_too_long_are_cut_dropped_or_refused()
    {
        const string Text = "{\"text\": \"bcdfg\"}\n{\"text\": \"bc\"}\n";
        Assert.Equal([3, 2], Load("a.jsonl", Text, NoEos with { MaxLength = 3 }).Rows.Select(row => row.Length));
        TokenDataset dropped = Load("a.jsonl", Text, NoEos with { MaxLength = 3, ExcessLengthStrategy = "drop" });
        Assert.Equal("longer than max_length", Assert.Single(dropped.Report.Skipped).Reason);
        Assert.Equal(2L, Assert.Single(dropped.Rows).Line);
        string refused = Assert.Throws<DataException>(() => Load("a.jsonl", Text, NoEos with { MaxLength = 3, ExcessLengthStrategy = "raise" })).Message;
        Assert.Contains("line 1: longer than max_length (5 tokens, max_length = 3)", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_too_long_are_split_so_that_every_token_is_learnt_once()
    {
        const string Text = "{\"text\": \"bcdfghj\"}\n{\"text\": \"bcd\"}\n";
        TokenDataset data = Load("a.jsonl", Text, NoEos with { MaxLength = 3, ExcessLengthStrategy = "split" });
        TokenDataset whole = Load("a.jsonl", Text, NoEos);
        Assert.Equal([3, 3, 3, 3], data.Rows.Select(row => row.Length));
        Assert.Equal(whole.Rows.Sum(row => row.TrainedTokens), data.Rows.Sum(row => row.TrainedTokens));
        Assert.Equal(whole.Rows[0].InputIds[1..], data.Rows.Take(3).SelectMany(row => row.InputIds[1..]));
        Assert.Equal((2L, 3), (data.Report.RowsKept, data.Report.LongestRowTokens));
    }

    [Fact]
    public void A_row_whose_answer_is_cut_off_is_skipped_and_counted()
    {
        const string Text = "{\"prompt\": \"bcdf\", \"completion\": \"gh\"}\n{\"prompt\": \"b\", \"completion\": \"gh\"}\n";
        TokenDataset data = Load("a.jsonl", Text, NoEos with { MaxLength = 4 });
        Assert.Equal("nothing to learn is left of the row after the cut at max_length", Assert.Single(data.Report.Skipped).Reason);
        Assert.Null(data.Report.Cut);
        Assert.Equal(2L, Assert.Single(data.Rows).Line);
    }

    [Fact]
    public void Files_of_different_formats_and_shapes_follow_each_other_and_max_rows_counts_over_all()
    {
        DataFile[] files =
        [
            DataFiles.Of("a.csv", "text,label\nbcd,1\nfgh,0\n"),
            DataFiles.Of("b.jsonl.gz", DataFiles.Gzip(Encoding.UTF8.GetBytes("{\"instruction\": \"b\", \"output\": \"c\"}\n{\"instruction\": \"d\", \"output\": \"f\"}\n"))),
        ];
        TokenDataset data = Load(files, NoEos, new DataFileOptions { MaxRows = 3 });
        Assert.Equal([2L, 1], data.Report.Files.Select(file => file.RowsKept));
        Assert.Equal(["text", "alpaca"], data.Report.Files.Select(file => file.Shape));
        Assert.Equal(3, data.Rows.Count);
    }

    private static TokenDataset Load(string name, string text, TokenizationOptions options, DataFileOptions? reading = null) =>
        Load([DataFiles.Of(name, text)], options, reading);

    private static TokenDataset Load(DataFile[] files, TokenizationOptions options, DataFileOptions? reading = null) =>
        TokenDataset.Load(files, reading ?? new DataFileOptions(), new ColumnOptions(), new RowTokenizer(new LetterTokenizer(), null, null, options), TestContext.Current.CancellationToken);
}
