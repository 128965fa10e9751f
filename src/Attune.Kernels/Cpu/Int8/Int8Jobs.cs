using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Int8;

/// <summary>The left operand of a product as codes.</summary>
/// <param name="Codes">First row.</param>
/// <param name="Stride">Bytes from a row to the next.</param>
/// <param name="Scales">A scale for every block of every row, row by row.</param>
/// <param name="Blocks">Blocks of a row.</param>
internal readonly unsafe record struct Int8Rows(nint Codes, nint Stride, nint Scales, int Blocks)
{
    public Int8Rows(byte* codes, nint stride, float* scales, int blocks)
        : this((nint)codes, stride, (nint)scales, blocks)
    {
    }

    /// <summary>First code of a row.</summary>
    public byte* Row(int row) => (byte*)Codes + (row * Stride);

    /// <summary>Scales of a row.</summary>
    public float* ScalesOf(int row) => (float*)Scales + ((nint)row * Blocks);
}

/// <summary>The right operand of a product of codes.</summary>
internal readonly unsafe struct Int8Operand(Int8Panels panels, bool isTurned, float* scales, int steps)
{
    /// <summary>The weight.</summary>
    public Int8Panels Panels => panels;

    /// <summary>Whether columns of the product are columns of the weight.</summary>
    public bool IsTurned => isTurned;

    /// <summary>A scale for each column of the product.</summary>
    public float* Scales => scales;

    /// <summary>Steps along the summed dimension.</summary>
    public int Steps => steps;
}

/// <summary>Packs the panels of a weight, one per index.</summary>
internal readonly struct Int8PackJob(MatrixView weight, Int8Panels target) : IJob
{
    public void Execute(int index, int worker) => target.Pack(weight, index);
}

/// <summary>Counts what turned panels of a packed weight have to be corrected by, a block of rows per index.</summary>
internal readonly struct Int8CorrectJob(Int8Panels target) : IJob
{
    public void Execute(int index, int worker) => target.CorrectTurned(index);
}

/// <summary>Makes rows of the left operand codes, some per index, after multiplying them by a number per column, if there are any.</summary>
internal readonly unsafe struct Int8RowsJob(MatrixView matrix, int firstRow, float* columnScales, Int8Rows target, int rows) : IJob
{
    /// <summary>Rows of an index.</summary>
    public const int UnitRows = 8;

    public void Execute(int index, int worker)
    {
        for (int row = index * UnitRows; row < Math.Min(rows, (index + 1) * UnitRows); row++)
        {
            Quantize(row);
        }
    }

    [SkipLocalsInit]
    private void Quantize(int row)
    {
        float* values = stackalloc float[Int8Blocks.Codes];
        bool isReadable = matrix.ColumnStride == 1 && matrix.DType != DType.F16;
        int readable = !isReadable ? 0 : matrix.Columns % Vector512<float>.Count == 0 ? matrix.Columns : matrix.Columns / Int8Blocks.Codes * Int8Blocks.Codes;
        if (matrix.DType == DType.BF16)
        {
            Int8Rounding.Quantize<BF16Element>(matrix.At(firstRow + row, 0), readable, columnScales, target.Row(row), target.ScalesOf(row));
        }
        else
        {
            Int8Rounding.Quantize<F32Element>(matrix.At(firstRow + row, 0), readable, columnScales, target.Row(row), target.ScalesOf(row));
        }

        for (int block = Int8Blocks.Count(Int8Blocks.StepsOf(readable)); block < target.Blocks; block++)
        {
            int column = block * Int8Blocks.Codes;
            Int8Blocks.Read(matrix, firstRow + row, column, values);
            Int8Rounding.Quantize<F32Element>((byte*)values, Int8Blocks.Codes, columnScales == null ? null : columnScales + column, target.Row(row) + column, target.ScalesOf(row) + block);
        }
    }
}

/// <summary>The blocks of one product as work for the threads.</summary>
internal readonly unsafe struct Int8ProductJob(
    Int8Kernels kernels, GemmPlan plan, Int8Rows a, Int8Operand b, AlignedBuffer?[] turnedPanels, MatrixView c, GemmEpilogue epilogue) : IJob
{
    private readonly GemmKernelFlags _flags = epilogue.Flags(c.DType);

    public void Execute(int index, int worker)
    {
        int rowBlock = index / plan.ColumnBlocks;
        int columnBlock = index % plan.ColumnBlocks;
        int firstRow = plan.RowStart(rowBlock);
        RowCut cut = plan.CutRows(plan.RowStart(rowBlock + 1) - firstRow);
        for (int group = plan.GroupStart(columnBlock); group < plan.GroupStart(columnBlock + 1); group++)
        {
            int panel = group * plan.TilePanels;
            int panels = Math.Min(plan.TilePanels, plan.Panels - panel);
            MultiplyRows(OperandsOf(panel, panels, worker), panel, panels, firstRow, cut);
        }
    }

    /// <summary>A block of rows with a group of panels, as <see cref="GemmJob"/> does it: while the last tiles are computed, the next group is fetched.</summary>
    private void MultiplyRows(in Int8Arguments operands, int panel, int panels, int row, RowCut cut)
    {
        GemmFetch fetch = !b.IsTurned ? GemmFetch.Panels : panel + panels < plan.Panels ? GemmFetch.Pieces : GemmFetch.Rows;
        int firstFetching = cut.Tiles - (fetch == GemmFetch.Pieces ? PanelLayout.PieceSteps(Int8Arguments.StepCodes) : 1);
        for (int tile = 0, tiles; tile < cut.Tiles; tile += tiles)
        {
            (int height, tiles) = cut.RunFrom(tile, firstFetching);
            Int8Arguments arguments = operands;
            arguments.Product.PrefetchFrom += (nint)(tile - firstFetching) * panels * PanelLayout.StepBytes;
            Multiply(arguments, panel, panels, row, height, tiles, tile >= firstFetching ? fetch : GemmFetch.Rows);
            row += tiles * height;
        }
    }

    /// <summary>The panels of a group, where they lie or turned into the worker's buffer.</summary>
    private Int8Arguments OperandsOf(int panel, int panels, int worker)
    {
        var operands = new Int8Arguments { ColumnScales = b.Scales + (panel * PanelLayout.PanelRows), RowScaleStride = a.Blocks * sizeof(float) };
        if (!b.IsTurned)
        {
            operands.Product.B = b.Panels.Panel(panel);
            operands.Product.PanelStride = b.Panels.PanelBytes;
            operands.Product.PrefetchDistance = panels * b.Panels.PanelBytes;
            operands.Corrections = b.Panels.Corrections(panel);
            operands.CorrectionStride = b.Panels.CorrectionStride;
            return operands;
        }

        nint stride = Int8Turner.PanelBytes(b.Panels);
        byte* memory = AlignedBuffer.Grow(ref turnedPanels[worker], plan.TilePanels * stride);
        Int8Turner.Turn(b.Panels, panel, panels, memory);
        operands.Product.B = memory;
        operands.Product.PanelStride = stride;
        operands.Product.PrefetchDistance = b.Panels.PanelBytes;
        operands.Product.PrefetchFrom = Int8Turner.Parts(b.Panels, panel + panels);
        operands.Corrections = b.Panels.TurnedCorrections(panel);
        operands.CorrectionStride = b.Panels.TurnedCorrectionStride;
        return operands;
    }

    private void Multiply(Int8Arguments arguments, int panel, int panels, int row, int height, int tiles, GemmFetch fetch)
    {
        arguments.RowScales = a.ScalesOf(row);
        arguments.Product.A = a.Row(row);
        arguments.Product.AStride = a.Stride;
        arguments.Product.Steps = b.Steps;
        arguments.Product.Tiles = tiles;
        GemmKernelFlags masked = epilogue.Put(ref arguments.Product, c, row, panel, panels);
        kernels.Run(&arguments, height, panels, _flags | masked, fetch, epilogue.AddedStorage);
    }
}
