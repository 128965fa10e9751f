using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>
/// C (+)= alpha U^T X for tall U [K, M] with few columns and row-major X [K, N], which is read once, where it lies and row after row: the gradients of low-rank factors.
/// An index of the job is a part of the rows with sums of its own, which are added in order afterwards; parts depend on K only.
/// </summary>
internal readonly unsafe struct NarrowProduct : IJob
{
    /// <summary>Columns of U up to which this is faster than packing X.</summary>
    private const int MostRows = 4 * NarrowProductEmitter.MaxRows;

    private const int TileColumns = NarrowProductEmitter.TileColumns;
    private const int TileSums = NarrowProductEmitter.MaxRows * TileColumns;

    /// <summary>Rows of X that a kernel walks over, one cache line each: with some strides they all fall into four sets of the first-level cache, which hold 48.</summary>
    private const int BlockRows = 32;

    private const int LeastPartRows = 4 * BlockRows;
    private const int MostParts = 16;

    private readonly NarrowOperand _operand;
    private readonly PackedPanels _u;
    private readonly MatrixView _x;
    private readonly int _partRows;
    private readonly int _tiles;
    private readonly float* _sums;

    private NarrowProduct(NarrowOperand operand, PackedPanels u, in MatrixView x, int partRows, int tiles, float* sums)
    {
        _operand = operand;
        _u = u;
        _x = x;
        _partRows = partRows;
        _tiles = tiles;
        _sums = sums;
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
        float* sums = _sums + ((nint)index * _u.Panels * _tiles * TileSums);
        new Span<float>(sums, checked(_u.Panels * _tiles * TileSums)).Clear();
        int end = Math.Min(_x.Rows, (index + 1) * _partRows);
        for (int row = index * _partRows; row < end; row += BlockRows)
        {
            for (int panel = 0; panel < _u.Panels; panel++)
            {
                AddBlock(panel, row, Math.Min(BlockRows, end - row), sums + ((nint)panel * _tiles * TileSums));
            }
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
        int partRows = Math.Max(LeastPartRows, (((x.Rows + MostParts - 1) / MostParts) + BlockRows - 1) / BlockRows * BlockRows);
        int parts = (x.Rows + partRows - 1) / partRows;
        int tiles = (x.Columns + TileColumns - 1) / TileColumns;
        var sums = (float*)AlignedBuffer.Grow(ref memory, (long)parts * panels.Panels * tiles * TileSums * sizeof(float));
        var job = new NarrowProduct(operand, panels, x, partRows, tiles, sums);
        gemm.Pool.Run(ref job, parts);
        var addition = new NarrowSums(sums, parts, panels.Panels, tiles, c, alpha, accumulate);
        gemm.Pool.Run(ref addition, tiles);
        return true;
    }

    private void AddBlock(int panel, int firstRow, int count, float* sums)
    {
        int rest = _x.Columns % TileColumns;
        int whole = rest == 0 ? _tiles : _tiles - 1;
        if (whole > 0)
        {
            AddTiles(panel, firstRow, count, 0, whole, (1u << TileColumns) - 1, sums);
        }

        if (rest > 0)
        {
            AddTiles(panel, firstRow, count, whole, 1, (1u << rest) - 1, sums + ((nint)whole * TileSums));
        }
    }

    private void AddTiles(int panel, int firstRow, int count, int firstTile, int tiles, uint mask, float* sums)
    {
        int perStep = _u.Layout.StepElements;
        int rows = Math.Min(NarrowProductEmitter.MaxRows, _u.Rows - (panel * PanelLayout.PanelRows));
        var arguments = new NarrowProductArguments
        {
            U = _u.Panel(panel) + ((nint)(firstRow / perStep) * PanelLayout.StepBytes),
            X = _x.At(firstRow, (long)firstTile * TileColumns),
            XStride = _x.RowBytes,
            Steps = count / perStep,
            PrefetchDistance = BlockRows * _x.RowBytes,
            Sums = sums,
            Tiles = tiles,
            ColumnMask = mask,
        };
        if (arguments.Steps > 0)
        {
            NarrowProductKernels.Invoke(_operand, rows, &arguments);
        }

        if (count % perStep != 0)
        {
            // The last row of an odd number, beside itself: the panel has zeros for the row that is missing.
            arguments.U += arguments.Steps * PanelLayout.StepBytes;
            arguments.X = _x.At(_x.Rows - 1, (long)firstTile * TileColumns);
            arguments.XStride = 0;
            arguments.Steps = 1;
            NarrowProductKernels.Invoke(_operand, rows, &arguments);
        }
    }
}
