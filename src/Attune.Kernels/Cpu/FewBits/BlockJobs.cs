using Attune.Kernels.Jit;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>Packs the panels of a weight of few bits, one per index.</summary>
internal readonly struct BlockPackJob(IBlockMatrix source, BlockPanels target) : IJob
{
    public void Execute(int index, int worker) => target.Pack(source, index);
}

/// <summary>Writes panels of a weight of few bits as panels of numbers, one per index.</summary>
internal readonly unsafe struct BlockWidenJob(BlockPanels source, int firstPanel, PackedPanels target) : IJob
{
    public void Execute(int index, int worker) => source.Widen(firstPanel + index, target.Panel(index), target.Layout);
}

/// <summary>The product of some rows with a weight of few bits: an index is a run of panels.</summary>
/// <param name="kernels">What multiplies.</param>
/// <param name="b">The weight.</param>
/// <param name="records">The rows of x as kernels read them, group by group of <see cref="BlockProductKernels.MaxRows"/>.</param>
/// <param name="c">The result.</param>
/// <param name="epilogue">What becomes of the product.</param>
/// <param name="units">Number of indices.</param>
internal readonly unsafe struct BlockProductJob(BlockProductKernels kernels, BlockPanels b, byte* records, MatrixView c, GemmEpilogue epilogue, int units) : IJob
{
    /// <summary>Panels of the weight.</summary>
    public int Panels => b.Panels;

    public void Execute(int index, int worker) => Multiply((int)((long)b.Panels * index / units), (int)((long)b.Panels * (index + 1) / units));

    /// <summary>Multiplies a run of panels.</summary>
    public void Multiply(int first, int end)
    {
        GemmKernelFlags flags = epilogue.Flags(c.DType);
        int whole = Math.Min(end, c.Columns / PanelLayout.PanelRows);
        Multiply(first, whole, flags);
        if (whole < end)
        {
            Multiply(whole, end, flags | GemmKernelFlags.Masked);
        }
    }

    /// <summary>Panel after panel, each with all rows while it is near.</summary>
    private void Multiply(int first, int end, GemmKernelFlags flags)
    {
        int most = kernels.MaxRows;
        int rest = c.Rows % most;
        BlockKernel kernel = c.Rows >= most ? kernels.Get(b.Format, most, flags) : default;
        BlockKernel last = rest > 0 ? kernels.Get(b.Format, rest, flags) : kernel;
        nint groupBytes = (nint)b.Blocks * kernels.RecordBytes(most);
        for (int panel = first; panel < end; panel++)
        {
            byte* group = records;
            for (int row = 0; row < c.Rows; row += most, group += groupBytes)
            {
                Multiply(panel, row, group, c.Rows - row < most ? last : kernel);
            }
        }
    }

    private void Multiply(int panel, int row, byte* group, BlockKernel kernel)
    {
        int column = panel * PanelLayout.PanelRows;
        int columns = c.Columns - column;
        var arguments = new GemmArguments
        {
            A = group,
            B = b.Panel(panel),
            Steps = b.Blocks,
            C = c.At(row, column),
            CStride = c.RowBytes,
            Bias = epilogue.Bias + column,
            Alpha = epilogue.Alpha,
            ColumnMask = columns < PanelLayout.PanelRows ? (1u << columns) - 1 : 0,
        };
        if (epilogue.Addend is { } addend)
        {
            arguments.Addend = addend.At(row, column);
            arguments.AddendStride = addend.RowBytes;
        }

        kernel.Invoke(&arguments);
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
