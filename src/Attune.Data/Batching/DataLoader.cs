using Attune.Data.Tokenization;

namespace Attune.Data.Batching;

/// <summary>Gives the batches of every optimiser step. What a step gets depends on rows, options and cursor only, so a run can go on anywhere.</summary>
/// <remarks>Not for several threads at once: the batches that a call gives are filled anew by the next.</remarks>
public sealed class DataLoader
{
    private const int StepsPerGroup = 50;

    private readonly IReadOnlyList<TokenRow> _rows;
    private readonly BatchOptions _options;
    private readonly int[][]? _packs;
    private readonly int[] _order;
    private readonly List<Batch> _pool = [];
    private readonly List<Batch> _step = [];
    private long _orderEpoch = -1;

    /// <summary>Prepares the batches of a data set; with packing, packs it.</summary>
    /// <param name="rows">The rows, at least one.</param>
    /// <param name="options">Batch size, packing and order.</param>
    /// <param name="maxLength">The most tokens of a pack; no row may be longer when packing.</param>
    /// <exception cref="DataException">There are no rows, an option is out of range, or a row does not fit a pack.</exception>
    public DataLoader(IReadOnlyList<TokenRow> rows, BatchOptions options, int maxLength)
    {
        options.Validate();
        if (rows.Count == 0)
        {
            throw new DataException("there are no rows to make batches of.");
        }

        _rows = rows;
        _options = options;
        _packs = options.Packing ? Pack(rows, options, maxLength) : null;
        _order = new int[_packs?.Length ?? rows.Count];
    }

    /// <summary>Rows, or packs when packing, in an epoch.</summary>
    public int ItemsPerEpoch => _order.Length;

    /// <summary>Batches in an epoch; the last may be short.</summary>
    public int BatchesPerEpoch => Ceiling(_order.Length, _options.PerDeviceTrainBatchSize);

    /// <summary>Optimiser steps in an epoch; the last may have fewer batches, because no step crosses an epoch.</summary>
    public int StepsPerEpoch => Ceiling(BatchesPerEpoch, _options.GradientAccumulationSteps);

    /// <summary>The cursor after so many optimiser steps from the beginning.</summary>
    public DataCursor After(long steps)
    {
        (long epoch, long step) = Math.DivRem(steps, StepsPerEpoch);
        return new DataCursor(epoch, (int)(step * _options.PerDeviceTrainBatchSize * _options.GradientAccumulationSteps));
    }

    /// <summary>Passes over the data that are done at a cursor, counted in batches.</summary>
    public double EpochAt(DataCursor cursor) => cursor.Epoch + ((double)Ceiling(cursor.Index, _options.PerDeviceTrainBatchSize) / BatchesPerEpoch);

    /// <summary>The batches of the optimiser step at the cursor, which moves on to the next step.</summary>
    /// <returns>At most <see cref="BatchOptions.GradientAccumulationSteps"/> batches, valid until the next call.</returns>
    /// <exception cref="DataException">The cursor is not one of this data set.</exception>
    public IReadOnlyList<Batch> ReadStep(ref DataCursor cursor)
    {
        if (cursor.Epoch < 0 || cursor.Index < 0 || cursor.Index >= _order.Length)
        {
            throw new DataException(
                $"the saved place in the data (epoch {cursor.Epoch}, index {cursor.Index}) is outside this data set of {_order.Length} {(_packs is null ? "rows" : "packs")}; was the data changed?");
        }

        Order(cursor.Epoch);
        _step.Clear();
        int index = cursor.Index;
        while (_step.Count < _options.GradientAccumulationSteps && index < _order.Length)
        {
            int end = (int)Math.Min(_order.Length, (long)index + _options.PerDeviceTrainBatchSize);
            if (_pool.Count == _step.Count)
            {
                _pool.Add(new Batch());
            }

            Batch batch = _pool[_step.Count];
            batch.Clear();
            for (; index < end; index++)
            {
                Add(batch, _order[index]);
            }

            _step.Add(batch);
        }

        cursor = index == _order.Length ? new DataCursor(cursor.Epoch + 1, 0) : cursor with { Index = index };
        return _step;
    }

    private void Add(Batch batch, int item)
    {
        if (_packs is null)
        {
            batch.Add(item, _rows[item]);
            return;
        }

        foreach (int row in _packs[item])
        {
            batch.Add(row, _rows[row]);
        }
    }

    private void Order(long epoch)
    {
        if (_options.TrainSamplingStrategy != "sequential" && epoch != _orderEpoch)
        {
            RowOrder.Shuffle(_order, RowOrder.SeedOf(_options.DataSeed, epoch));
            if (_options.TrainSamplingStrategy == BatchOptions.GroupByLength)
            {
                GroupByLength();
            }
        }
        else if (_orderEpoch < 0)
        {
            RowOrder.InOrder(_order);
        }

        _orderEpoch = epoch;
    }

    /// <summary>
    /// Puts the items of every 50 optimiser steps in order of their lengths, the longest first, as transformers does; the item that needs the most memory comes first of all, so that memory that
    /// does not suffice shows at once.
    /// </summary>
    private void GroupByLength()
    {
        int[] lengths = Array.ConvertAll(_order, LengthOf);
        int longest = Array.IndexOf(lengths, lengths.Max());
        (_order[0], _order[longest]) = (_order[longest], _order[0]);
        long group = (long)StepsPerGroup * _options.PerDeviceTrainBatchSize * _options.GradientAccumulationSteps;
        for (long start = 0; start < _order.Length; start += group)
        {
            Span<int> part = _order.AsSpan((int)start, (int)Math.Min(group, _order.Length - start));
            int[] sorted = [.. part.ToArray().OrderByDescending(LengthOf)];
            sorted.CopyTo(part);
        }
    }

    private int LengthOf(int item) => _packs is null ? _rows[item].Length : _packs[item].Sum(row => _rows[row].Length);

    private static int[][] Pack(IReadOnlyList<TokenRow> rows, BatchOptions options, int maxLength)
    {
        int[] lengths = new int[rows.Count];
        for (int i = 0; i < lengths.Length; i++)
        {
            TokenRow row = rows[i];
            lengths[i] = row.Length <= maxLength
                ? row.Length
                : throw new DataException($"row {i} ({row.File}:{row.Line}) has {row.Length} tokens and does not fit a pack of max_length = {maxLength}; cut it or raise max_length.");
        }

        return KnownPackingStrategies.Of(options.PackingStrategy).Pack(lengths, maxLength);
    }

    private static int Ceiling(int count, int size) => (int)(((long)count + size - 1) / size);
}
