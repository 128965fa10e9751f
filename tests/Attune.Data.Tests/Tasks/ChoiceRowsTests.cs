using System.Text.Json;
using Attune.Data.Batching;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;

namespace Attune.Data.Tests.Tasks;

/// <summary>Questions with choices, as public data sets hold them.</summary>
public sealed class ChoiceRowsTests
{
    [Theory]
    [InlineData("""{"sent1": "He sat.", "sent2": "Then he", "ending0": "ate.", "ending1": "flew.", "ending2": "sang.", "label": 2}""", "He sat.|Then he|ate./flew./sang.|2")]
    [InlineData("""{"article": "Long.", "question": "Why?", "options": ["a", "b"], "answer": "B"}""", "Long.|Why?|a/b|1")]
    [InlineData("""{"question": "Why?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "1"}""", "Why?||x/y|0")]
    [InlineData("""{"ctx": "He", "endings": ["a", "b", "c"], "label": "1"}""", "He||a/b/c|1")]
    [InlineData("""{"premise": "It rained.", "question": "effect", "choice1": "wet", "choice2": "dry", "label": 0}""", "It rained.|effect|wet/dry|0")]
    [InlineData("""{"question": "2 + 2?", "choices": [3, 4], "answer": "4"}""", "2 + 2?||3/4|1")]
    public void Reads_the_rows_of_public_data_sets(string row, string expected)
    {
        ChoiceExample example = Read(row, new TaskColumnOptions());
        Assert.Equal(expected, $"{example.Text}|{example.Begin}|{string.Join('/', example.Choices)}|{example.Right}");
    }

    [Fact]
    public void Reads_the_columns_that_the_user_names()
    {
        var columns = new TaskColumnOptions { TextColumn = "t", TextPairColumn = "p", ChoicesColumns = ["one", "two"], LabelColumn = "y" };
        ChoiceExample example = Read("""{"t": "T", "p": "P", "two": "2.", "one": "1.", "y": "2."}""", columns);
        Assert.Equal(("T", "P", "1.,2.", 1), (example.Text, example.Begin, string.Join(',', example.Choices), example.Right!.Value));
    }

    [Fact]
    public void The_parts_of_a_row_are_sequences_of_their_own_that_stay_together()
    {
        TokenRow[] rows =
        [
            new TokenRow([5, 6, 7, 8, 9], [-100, -100, -100, -100, -100]) { Parts = [2, 3], Targets = [1] },
            new TokenRow([1, 2], [-100, -100]) { Parts = [1, 1], Targets = [0] },
        ];
        var batch = Batch.Of(rows, 1, 0);
        Assert.Equal([1, 2, 5, 6, 7, 8, 9], batch.InputIds.ToArray());
        Assert.Equal([0, 0, 0, 1, 0, 1, 2], batch.PositionIds.ToArray());
        Assert.Equal([0, 1, 2, 4, 7], batch.SequenceStarts.ToArray());
        Assert.Equal([1, 1, 0, 0], batch.Rows.ToArray());
        Assert.Equal([0f, 1f], batch.Targets.ToArray());
        Assert.Equal((4, 3), (batch.Sequences, batch.LongestSequence));
    }

    private static ChoiceExample Read(string row, TaskColumnOptions columns)
    {
        using JsonDocument document = JsonDocument.Parse(row);
        return (ChoiceExample)new ChoiceRows().Read(new DataRow("rows.jsonl", 1, document.RootElement.Clone()), columns, new TaskOptions(), isLabeled: true).Single();
    }
}
