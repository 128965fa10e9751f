using Attune.Data.Batching;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;

namespace Attune.Data.Tests.Tasks;

public sealed class EmbedRowsTests
{
    [Theory]
    [InlineData("""{"anchor": "a", "positive": "b"}""", "")]
    [InlineData("""{"anchor": "a", "positive": "b", "negative": "c"}""", "c")]
    [InlineData("""{"anchor": "a", "positive": "b", "negative_1": "c", "negative_2": "d", "negative_3": null}""", "c d")]
    [InlineData("""{"anchor": "a", "positive": "b", "negative": ["c", "d"]}""", "c d")]
    [InlineData("""{"anchor": "a", "positive": "b", "score": 1, "negative": 0.5}""", "")]
    public void Negatives_are_read_from_their_usual_columns(string row, string expected) => Assert.Equal(expected, string.Join(' ', Read(row, new TaskColumnOptions()).Negatives));

    [Fact]
    public void Negatives_are_read_from_the_columns_that_are_named()
    {
        var columns = new TaskColumnOptions { NegativeColumns = ["far", "farther"] };
        Assert.Equal(["c", "d", "e"], Read("""{"anchor": "a", "positive": "b", "negative": "x", "far": ["c", "d"], "farther": "e"}""", columns).Negatives);
        Assert.Contains("expected 'far'", Assert.Throws<DataException>(() => Read("""{"anchor": "a", "positive": "b"}""", columns)).Message, StringComparison.Ordinal);
        Assert.Contains("column 'score' says by a number", Assert.Throws<DataException>(() => Read("""{"anchor": "a", "positive": "b", "score": 1, "far": "c"}""", columns)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_has_the_negatives_of_its_rows_one_after_the_other()
    {
        TokenRow[] rows =
        [
            new([1, 2], [-100, -100]) { OutputIds = [3], NegativeIds = [[4, 5], [6]] },
            new([7], [-100]) { OutputIds = [8] },
            new([9], [-100]) { OutputIds = [10], NegativeIds = [[11]] },
        ];
        var batch = Batch.Of(rows, 0, 1, 2);
        Assert.Equal(3, batch.Negatives);
        Assert.Equal([4, 5, 6, 11], batch.NegativeIds);
        Assert.Equal([0, 2, 3, 4], batch.NegativeStarts);
        batch.Clear();
        batch.Add(1, rows[1]);
        Assert.Equal((0, 0, 1), (batch.Negatives, batch.NegativeIds.Length, batch.NegativeStarts.Length));
    }

    private static SimilarExample Read(string row, TaskColumnOptions columns)
    {
        DataRow read = Assert.Single(DataFiles.Rows("a.jsonl", row));
        return Assert.IsType<SimilarExample>(Assert.Single(new EmbedRows().Read(read, columns, new TaskOptions { Task = "embed" }, isLabeled: true)));
    }
}
