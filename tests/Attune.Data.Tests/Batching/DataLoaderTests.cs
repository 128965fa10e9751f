using Attune.Data.Batching;
using Attune.Data.Tokenization;

namespace Attune.Data.Tests.Batching;

public sealed class DataLoaderTests
{
    private static readonly TokenRow[] Rows =
        [.. Enumerable.Range(0, 11).Select(row => new TokenRow([.. Enumerable.Range(row * 100, (row % 4) + 1)], [.. Enumerable.Range(row * 100, (row % 4) + 1)]))];

    [Fact]
    public void A_step_never_crosses_an_epoch()
    {
        var loader = new DataLoader(Rows, new BatchOptions { PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 4, TrainSamplingStrategy = "sequential" }, 8);
        Assert.Equal((11, 6, 2), (loader.ItemsPerEpoch, loader.BatchesPerEpoch, loader.StepsPerEpoch));
        var cursor = default(DataCursor);
        Assert.Equal(["0,1", "2,3", "4,5", "6,7"], Step(loader, ref cursor));
        Assert.Equal(new DataCursor(0, 8), cursor);
        Assert.Equal(["8,9", "10"], Step(loader, ref cursor));
        Assert.Equal(new DataCursor(1, 0), cursor);
        Assert.Equal(["0,1", "2,3", "4,5", "6,7"], Step(loader, ref cursor));
    }

    [Fact]
    public void A_batch_is_flat_with_borders_and_no_target_crosses_one()
    {
        Batch batch = Batch.Of(Rows, 2, 0, 3);
        Assert.Equal([200, 201, 202, 0, 300, 301, 302, 303], batch.InputIds);
        Assert.Equal([-100, 201, 202, -100, -100, 301, 302, 303], batch.Labels);
        Assert.Equal([0, 1, 2, 0, 0, 1, 2, 3], batch.PositionIds);
        Assert.Equal([0, 3, 4, 8], batch.SequenceStarts);
        Assert.Equal([2, 0, 3], batch.Rows);
        Assert.Equal((8, 3, 5, 4), (batch.Tokens, batch.Sequences, batch.TrainedTokens, batch.LongestSequence));
    }

    [Theory]
    [InlineData(false, "random")]
    [InlineData(true, "random")]
    [InlineData(true, "sequential")]
    public void A_run_goes_on_exactly_where_its_cursor_stands(bool packing, string order)
    {
        var options = new BatchOptions { PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 2, Packing = packing, TrainSamplingStrategy = order, DataSeed = 3 };
        var cursor = default(DataCursor);
        var loader = new DataLoader(Rows, options, 8);
        var cursors = new List<DataCursor>();
        var steps = new List<string[]>();
        for (int step = 0; step < 20; step++)
        {
            cursors.Add(cursor);
            Assert.Equal(cursor, loader.After(step));
            steps.Add(Step(loader, ref cursor));
        }

        for (int step = 19; step >= 0; step--)
        {
            DataCursor saved = cursors[step];
            Assert.Equal(steps[step], Step(step % 2 == 0 ? loader : new DataLoader(Rows, options, 8), ref saved));
        }

        Assert.Equal(order == "random", string.Join(' ', steps[0]) != string.Join(' ', steps[loader.StepsPerEpoch]));
    }

    [Fact]
    public void An_epoch_is_the_documented_order()
    {
        var loader = new DataLoader(Rows, new BatchOptions { PerDeviceTrainBatchSize = 11, DataSeed = 5 }, 8);
        var cursor = new DataCursor(2, 0);
        Assert.Equal(RowOrder.Shuffled(11, 5002), loader.ReadStep(ref cursor)[0].Rows.ToArray());
    }

    [Fact]
    public void Steps_allocate_nothing_after_warm_up()
    {
        var loader = new DataLoader(Rows, new BatchOptions { PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 3 }, 8);
        var cursor = default(DataCursor);
        for (int step = 0; step < 200; step++)
        {
            loader.ReadStep(ref cursor);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 0; step < 20; step++)
        {
            loader.ReadStep(ref cursor);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Bad_cursors_rows_and_options_are_refused()
    {
        var loader = new DataLoader(Rows, new BatchOptions(), 8);
        var cursor = new DataCursor(0, 11);
        Assert.Contains("was the data changed?", Assert.Throws<DataException>(() => loader.ReadStep(ref cursor)).Message, StringComparison.Ordinal);
        Assert.Contains("does not fit a pack of max_length = 3", Assert.Throws<DataException>(() => new DataLoader(Rows, new BatchOptions { Packing = true }, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("there are no rows", Assert.Throws<DataException>(() => new DataLoader([], new BatchOptions(), 8)).Message, StringComparison.Ordinal);
        Assert.Contains("packing_strategy 'first' is not known", Assert.Throws<DataException>(() => new DataLoader(Rows, new BatchOptions { PackingStrategy = "first" }, 8)).Message, StringComparison.Ordinal);
        Assert.Contains("gradient_accumulation_steps must be at least 1", Assert.Throws<DataException>(() => new DataLoader(Rows, new BatchOptions { GradientAccumulationSteps = 0 }, 8)).Message, StringComparison.Ordinal);
    }

    private static string[] Step(DataLoader loader, ref DataCursor cursor) =>
        [.. loader.ReadStep(ref cursor).Select(batch => string.Join(',', batch.Rows.ToArray()))];
}
