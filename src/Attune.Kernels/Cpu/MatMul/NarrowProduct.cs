using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>
/// C (+)= alpha U^T X for tall U [K, M] with few columns and row-major X [K, N], which is read once, where it lies: the gradients of low-rank factors.
/// An index of the job is a range of columns, whose sums stay with one thread; each of them is summed in blocks of rows, one after the other.
/// </summary>
internal readonly unsafe struct NarrowProduct : IJob
{
    /// <summary>Columns of U up to which this is faster than packing X.</summary>
    private const int MostRows = NarrowProductEmitter.MaxRows;

    private const int TileColumns = NarrowProductEmitter.TileColumns;

    /// <summary>Rows of X that a kernel walks over, one cache line of bf16 each: many enough that reading and writing the sums of a tile costs little.</summary>
    private const int BlockRows = 128;

    private readonly NarrowOperand _operand;
    private readonly WorkerPool _pool;
    private readonly PackedPanels _u;
    private readonly MatrixView _x;
    private readonly int _tiles;
    private readonly int _units;
    private readonly float* _sums;
    private readonly NarrowSums _results;

    private NarrowProduct(NarrowOperand operand, WorkerPool pool, PackedPanels u, in MatrixView x, int units, float* sums, in NarrowSums results)
    {
        _operand = operand;
        _pool = pool;
        _u = u;
        _x = x;
        _tiles = TilesOf(x);
        _units = units;
        _sums = sums;
        _results = results;
    }

    /// <summary>Computes left right where one of them is narrow; false when the product has another shape or no kernel.</summary>
    /// <param name="gemm">Packs the narrow operand.</param>
    /// <param name="panels">Where to.</param>
    /// <param name="memory">For sums.</param>
    /// <param name="left">[M, K].</param>
    /// <param name="right">[K, N].</param>
    /// <param name="c">[M, N], fp32.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    public static bool TryRun(
        Gemm gemm, PackedPanels panels, ref AlignedBuffer? memory, in MatrixView left, in MatrixView right, in MatrixView c, float alpha, bool accumulate)
    {
        DType precision = left.DType == DType.BF16 || right.DType == DType.BF16 ? DType.BF16 : DType.F32;
        return TryNarrowLeft(gemm, panels, ref memory, left, right, c, precision, alpha, accumulate)
            || TryNarrowLeft(gemm, panels, ref memory, right.Transposed, left.Transposed, c.Transposed, precision, alpha, accumulate);
    }

    public void Execute(int index, int worker)
    {
        int first = (int)((long)_tiles * index / _units);
        int tiles = (int)((long)_tiles * (index + 1) / _units) - first;
        byte* operands = _pool.Scratch(worker, BlockRows * NarrowProductEmitter.OperandBytes);
        for (int row = 0; row < _x.Rows; row += BlockRows)
        {
            AddBlock(row, Math.Min(BlockRows, _x.Rows - row), first, tiles, operands);
        }

        for (int tile = first; tile < first + tiles; tile++)
        {
            _results.Store(SumsOf(tile), tile * TileColumns);
        }
    }

    private static bool TryNarrowLeft(
        Gemm gemm, PackedPanels panels, ref AlignedBuffer? memory, in MatrixView narrow, in MatrixView x, in MatrixView c, DType precision, float alpha, bool accumulate)
    {
        if (narrow.Rows > MostRows || narrow.Columns == 0 || x.Columns < narrow.Rows || x.ColumnStride != 1 || c.DType != DType.F32
            || !gemm.NarrowKernels.TryOperand(x.DType, precision, out NarrowOperand operand))
        {
            return false;
        }

        gemm.Reshape(panels, narrow.Rows, narrow.Columns, precision);
        gemm.Pack(narrow, panels);
        int tiles = TilesOf(x);
        var sums = (float*)AlignedBuffer.Grow(ref memory, (long)tiles * TileColumns * narrow.Rows * sizeof(float));

        // One range for each thread: the longer the pieces of a row, the faster memory gives them.
        int units = Math.Min(tiles, gemm.Pool.Threads);
        var job = new NarrowProduct(operand, gemm.Pool, panels, x, units, sums, new NarrowSums(c, alpha, accumulate, operand == NarrowOperand.PairedBF16));
        gemm.Pool.Run(ref job, units);
        return true;
    }

    private static int TilesOf(in MatrixView x) => (x.Columns + TileColumns - 1) / TileColumns;

    private float* SumsOf(int tile) => _sums + ((nint)tile * TileColumns * _u.Rows);

    private void AddBlock(int firstRow, int count, int firstTile, int tiles, byte* operands)
    {
        int rest = _x.Columns - ((firstTile + tiles - 1) * TileColumns);
        int whole = rest < TileColumns ? tiles - 1 : tiles;
        if (whole > 0)
        {
            AddTiles(firstRow, count, firstTile, whole, operands, uint.MaxValue);
        }

        if (whole < tiles)
        {
            AddTiles(firstRow, count, firstTile + whole, 1, operands, (1u << rest) - 1);
        }
    }

    private void AddTiles(int firstRow, int count, int firstTile, int tiles, byte* operands, uint mask)
    {
        int perStep = _u.Layout.StepElements;
        nint next = TileColumns * _x.DType.SizeInBytes;
        var arguments = new NarrowProductArguments
        {
            U = _u.Panel(0) + ((nint)(firstRow / perStep) * PanelLayout.StepBytes),
            UPanelStride = _u.Layout.PanelBytes,
            X = _x.At(firstRow, (long)firstTile * TileColumns),
            XStride = _x.RowBytes,
            Steps = count / perStep,
            PrefetchDistance = next,
            LastPrefetchDistance = (BlockRows * _x.RowBytes) - ((tiles - 1) * next),
            Operands = operands,
            Sums = SumsOf(firstTile),
            Tiles = tiles,
            ColumnMask = mask,
            SumMask = firstRow == 0 ? 0 : uint.MaxValue,
        };
        if (arguments.Steps > 0)
        {
            NarrowProductKernels.Invoke(_operand, _u.Rows, &arguments);
            arguments.SumMask = uint.MaxValue;
        }

        if (count % perStep != 0)
        {
            // The last row of an odd number, beside itself: the panel has zeros for the row that is missing.
            arguments.U += arguments.Steps * PanelLayout.StepBytes;
            arguments.X = _x.At(_x.Rows - 1, (long)firstTile * TileColumns);
            arguments.XStride = 0;
            arguments.Steps = 1;
            NarrowProductKernels.Invoke(_operand, _u.Rows, &arguments);
        }
    }
}
