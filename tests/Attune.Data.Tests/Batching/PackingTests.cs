using Attune.Data.Batching;

namespace Attune.Data.Tests.Batching;

public sealed class PackingTests
{
    [Fact]
    public void Best_fit_puts_a_row_into_the_fullest_pack_with_room()
    {
        Assert.Equal([[1, 4], [0, 3], [2, 5]], new BestFitDecreasingPacking().Pack([6, 8, 5, 4, 2, 5], 10));
    }

    [Fact]
    public void Sequential_packing_keeps_the_order()
    {
        Assert.Equal([[0], [1], [2, 3], [4, 5]], new SequentialPacking().Pack([6, 8, 5, 4, 2, 5], 10));
        Assert.Empty(new SequentialPacking().Pack([], 10));
    }

    [Theory]
    [InlineData("bfd")]
    [InlineData("ffd")]
    [InlineData("sequential")]
    public void Every_row_is_in_one_pack_and_no_pack_is_too_long(string key)
    {
        var random = new Random(1);
        foreach (int capacity in new[] { 1, 63, 64, 65, 512 })
        {
            int[] lengths = [.. Enumerable.Range(0, 3000).Select(_ => random.Next(1, capacity + 1))];
            int[][] packs = KnownPackingStrategies.Of(key).Pack(lengths, capacity);
            Assert.Equal(Enumerable.Range(0, lengths.Length), packs.SelectMany(pack => pack).Order());
            Assert.All(packs, pack => Assert.InRange(pack.Sum(row => lengths[row]), 1, capacity));
        }
    }
}
