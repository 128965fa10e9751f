using Attune.Kernels.Jit;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>Packs the panels of a weight of few bits, one per index.</summary>
internal readonly struct BlockPackJob(IBlockMatrix source, BlockPanels target) : IJob
{
    public void Execute(int index, int worker) => target.Pack(source, index);
}

/// <summary>Writes panels of a weight of few bits as panels of bf16, one per index.</summary>
internal readonly unsafe struct BlockWidenJob(BlockPanels source, int firstPanel, PackedPanels target) : IJob
{
    public void Execute(int index, int worker) => source.Widen(firstPanel + index, target.Panel(index));
}

/// <summary>The product of some rows with a weight of few bits: an index is a run of panels.</summary>
/// <param name="b">The weight.</param>
/// <param name="records">The rows of x as kernels read them.</param>
/// <param name="rows">Their number, at most <see cref="BlockProductEmitter.MaxRows"/>.</param>
/// <param name="c">The result.</param>
/// <param name="epilogue">What becomes of the product.</param>
/// <param name="units">Number of indices.</param>
internal readonly unsafe struct BlockProductJob(BlockPanels b, byte* records, int rows, MatrixView c, GemmEpilogue epilogue, int units) : IJob
{
    /// <summary>Panels of the weight.</summary>
    public int Panels => b.Panels;

    public void Execute(int index, int worker) => Multiply((int)((long)b.Panels * index / units), (int)((long)b.Panels * (index + 1) / units));

    /// <summary>Multiplies a run of panels.</summary>
    public void Multiply(int first, int end)
    {
        GemmKernelFlags flags = epilogue.Flags(c.DType);
        var kernel = BlockProductKernels.Find(b.Format, rows, flags);
        int whole = Math.Min(end, c.Columns / PanelLayout.PanelRows);
        for (int panel = first; panel < end; panel++)
        {
            Multiply(panel, panel < whole ? kernel : BlockProductKernels.Find(b.Format, rows, flags | GemmKernelFlags.Masked));
        }
    }

    private void Multiply(int panel, delegate* unmanaged<GemmArguments*, void> kernel)
    {
        int column = panel * PanelLayout.PanelRows;
        int columns = c.Columns - column;
        var arguments = new GemmArguments
        {
            A = records,
            B = b.Panel(panel),
            Steps = b.Blocks,
            C = c.At(0, column),
            CStride = c.RowBytes,
            Bias = epilogue.Bias + column,
            Alpha = epilogue.Alpha,
            ColumnMask = columns < PanelLayout.PanelRows ? (1u << columns) - 1 : 0,
        };
        if (epilogue.Addend is { } addend)
        {
            arguments.Addend = addend.At(0, column);
            arguments.AddendStride = addend.RowBytes;
        }

        kernel(&arguments);
    }
}

/// <summary>Products of the same rows with several weights of one format: an index is a run of the panels of all.</summary>
/// <param name="parts">The products; their own units do not count.</param>
/// <param name="count">How many of them are used.</param>
/// <param name="panels">Panels of all weights.</param>
/// <param name="units">Number of indices.</param>
internal readonly struct BlockProductsJob(BlockProductJob[] parts, int count, int panels, int units) : IJob
{
    public void Execute(int index, int worker)
    {
        int first = (int)((long)panels * index / units);
        int end = (int)((long)panels * (index + 1) / units);
        for (int i = 0; i < count && end > 0; i++)
        {
            int own = parts[i].Panels;
            if (first < own)
            {
                parts[i].Multiply(first, Math.Min(end, own));
            }

            first = Math.Max(0, first - own);
            end -= own;
        }
    }
}
