using Attune.Data.Batching;

namespace Attune.Data.Tests.Batching;

public sealed class RowOrderTests
{
    [Fact]
    public void The_order_of_ten_rows_is_the_documented_one()
    {
        Assert.Equal([6, 3, 2, 9, 8, 1, 4, 7, 0, 5], RowOrder.Shuffled(10, 0));
        Assert.Equal(RowOrder.Shuffled(100, 7003), RowOrder.OfEpoch(100, 7, 3));
        Assert.Empty(RowOrder.Shuffled(0, 1));
    }

    [Fact]
    public void An_order_has_every_row_once()
    {
        Assert.Equal(Enumerable.Range(0, 6920), RowOrder.OfEpoch(6920, 42, 5).Order());
    }
}
