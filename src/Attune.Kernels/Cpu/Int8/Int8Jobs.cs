using System.Runtime.CompilerServices;
using Attune.Kernels.Jit;

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

/// <summary>Makes rows of the left operand codes, one per index, after multiplying them by a number per column, if there are any.</summary>
internal readonly unsafe struct Int8RowsJob(MatrixView matrix, int firstRow, float* columnScales, Int8Rows target) : IJob
{
    [SkipLocalsInit]
    public void Execute(int index, int worker)
    {
        float* values = stackalloc float[Int8Blocks.Codes];
        for (int block = 0; block < target.Blocks; block++)
        {
            int column = block * Int8Blocks.Codes;
            Int8Blocks.Read(matrix, firstRow + index, column, values);
            target.ScalesOf(index)[block] = Int8Blocks.Quantize(values, columnScales == null ? null : columnScales + column, target.Row(index) + column);
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
        int rows = plan.RowStart(rowBlock + 1) - firstRow;
        (int upperRows, int upperTiles, int lowerRows, int lowerTiles) = plan.CutRows(rows);
        for (int group = plan.GroupStart(columnBlock); group < plan.GroupStart(columnBlock + 1); group++)
        {
            int panel = group * plan.TilePanels;
            int panels = Math.Min(plan.TilePanels, plan.Panels - panel);
            Int8Arguments operands = OperandsOf(panel, panels, worker);
            Multiply(operands, panel, panels, firstRow, upperRows, upperTiles, 0);
            Multiply(operands, panel, panels, firstRow + (upperTiles * upperRows), lowerRows, lowerTiles - 1, 0);
            Multiply(operands, panel, panels, firstRow + rows - lowerRows, lowerRows, 1, b.IsTurned ? 0 : GemmKernelFlags.Prefetch);
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
            operands.Corrections = b.Panels.Corrections(panel);
            operands.CorrectionStride = b.Panels.CorrectionStride;
            return operands;
        }

        nint stride = Int8Turner.PanelBytes(b.Panels);
        nint correctionStride = panels * PanelLayout.PanelRows * sizeof(int);
        byte* memory = AlignedBuffer.Grow(ref turnedPanels[worker], plan.TilePanels * (stride + (a.Blocks * PanelLayout.PanelRows * sizeof(int))));
        var corrections = (int*)(memory + (panels * stride));
        Int8Turner.Turn(b.Panels, panel, panels, memory, corrections);
        operands.Product.B = memory;
        operands.Product.PanelStride = stride;
        operands.Corrections = corrections;
        operands.CorrectionStride = correctionStride;
        return operands;
    }

    private void Multiply(Int8Arguments arguments, int panel, int panels, int row, int height, int tiles, GemmKernelFlags prefetch)
    {
        if (tiles == 0)
        {
            return;
        }

        int column = panel * PanelLayout.PanelRows;
        int lastColumns = c.Columns - ((panel + panels - 1) * PanelLayout.PanelRows);
        bool masked = lastColumns < PanelLayout.PanelRows;
        arguments.RowScales = a.ScalesOf(row);
        arguments.Product.A = a.Row(row);
        arguments.Product.AStride = a.Stride;
        arguments.Product.Steps = b.Steps;
        arguments.Product.C = c.At(row, column);
        arguments.Product.CStride = c.RowBytes;
        arguments.Product.Bias = epilogue.Bias + column;
        arguments.Product.Tiles = tiles;
        arguments.Product.PrefetchDistance = panels * arguments.Product.PanelStride;
        arguments.Product.Alpha = epilogue.Alpha;
        arguments.Product.ColumnMask = masked ? (1u << lastColumns) - 1 : 0;
        if (epilogue.Addend is { } addend)
        {
            arguments.Product.Addend = addend.At(row, column);
            arguments.Product.AddendStride = addend.RowBytes;
        }

        kernels.Run(&arguments, height, panels, _flags | prefetch | (masked ? GemmKernelFlags.Masked : 0));
    }
}
