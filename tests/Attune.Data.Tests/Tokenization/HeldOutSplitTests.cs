using Attune.Data.Tokenization;

namespace Attune.Data.Tests.Tokenization;

public sealed class HeldOutSplitTests
{
    private static readonly TokenRow[] Rows = [.. Enumerable.Range(0, 100).Select(row => new TokenRow([row % 80, 1], [row % 80, 1]))];

    [Theory]
    [InlineData(0.1, 10)]
    [InlineData(10, 10)]
    [InlineData(1, 1)]
    [InlineData(0.001, 1)]
    [InlineData(99, 99)]
    public void Both_sides_together_are_the_data_and_share_no_row(double size, int heldOut)
    {
        HeldOutSplit split = HeldOutSplit.Of(Rows, new SplitOptions { ValSetSize = size, SplitSeed = 3 });
        Assert.InRange(split.HeldOut.Count, heldOut - 1, heldOut);
        Assert.Equal(Rows.Length, split.Train.Count + split.HeldOut.Count);
        Assert.Empty(split.Train.Select(row => row.InputIds[0]).Intersect(split.HeldOut.Select(row => row.InputIds[0])));
        Assert.Equal(split.Train, Rows.Where(split.Train.Contains));
        Assert.Equal(split.HeldOut, HeldOutSplit.Of(Rows, new SplitOptions { ValSetSize = size, SplitSeed = 3 }).HeldOut);
    }

    [Fact]
    public void Seeds_choose_other_rows_and_zero_none()
    {
        Assert.NotEqual(
            HeldOutSplit.Of(Rows, new SplitOptions { ValSetSize = 20, SplitSeed = 1 }).HeldOut,
            HeldOutSplit.Of(Rows, new SplitOptions { ValSetSize = 20, SplitSeed = 2 }).HeldOut);
        Assert.Empty(HeldOutSplit.Of(Rows, new SplitOptions()).HeldOut);
    }

    [Theory]
    [InlineData(-1, "val_set_size must be 0")]
    [InlineData(double.NaN, "val_set_size must be 0")]
    [InlineData(1.5, "val_set_size must be 0")]
    [InlineData(100, "at least one must be left")]
    public void Impossible_sizes_are_refused(double size, string message)
    {
        Assert.Contains(message, Assert.Throws<DataException>(() => HeldOutSplit.Of(Rows, new SplitOptions { ValSetSize = size })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_all_stand_more_often_than_asked_are_refused()
    {
        TokenRow[] same = [.. Enumerable.Repeat(Rows[0], 10)];
        Assert.Contains("equal rows must stay together", Assert.Throws<DataException>(() => HeldOutSplit.Of(same, new SplitOptions { ValSetSize = 2 })).Message, StringComparison.Ordinal);
    }
}
