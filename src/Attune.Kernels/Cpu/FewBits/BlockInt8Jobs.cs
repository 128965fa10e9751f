using Attune.Kernels.Jit;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>Rounds rows of the left operand, some per index.</summary>
internal readonly struct BlockInt8RowsJob(MatrixView matrix, BlockFormat format, BlockInt8Rows target) : IJob
{
    /// <summary>Rows of an index.</summary>
    private const int UnitRows = 8;

    /// <summary>Number of indices.</summary>
    public int Units => (matrix.Rows + UnitRows - 1) / UnitRows;

    public unsafe void Execute(int index, int worker)
    {
        for (int row = index * UnitRows; row < Math.Min(matrix.Rows, (index + 1) * UnitRows); row++)
        {
            BlockInt8Rows.Round(matrix, row, format, target.Row(row));
        }
    }
}

/// <summary>The blocks of one product of rounded rows as work for the threads.</summary>
internal readonly unsafe struct BlockInt8ProductJob(
    BlockInt8Kernels kernels, GemmPlan plan, BlockInt8Rows a, BlockPanels b, AlignedBuffer?[] unpacked, MatrixView c, GemmEpilogue epilogue) : IJob
{
    private readonly GemmKernelFlags _flags = epilogue.Flags(c.DType);

    public void Execute(int index, int worker)
    {
        int rowBlock = index / plan.ColumnBlocks;
        int columnBlock = index % plan.ColumnBlocks;
        int firstRow = plan.RowStart(rowBlock);
        RowCut cut = plan.CutRows(plan.RowStart(rowBlock + 1) - firstRow);
        nint stride = b.Blocks * (nint)BlockInt8Layout.PanelBytes(b.Format.HasOffsets);
        byte* operand = AlignedBuffer.Grow(ref unpacked[worker], plan.TilePanels * stride);
        for (int group = plan.GroupStart(columnBlock); group < plan.GroupStart(columnBlock + 1); group++)
        {
            int panel = group * plan.TilePanels;
            int panels = Math.Min(plan.TilePanels, plan.Panels - panel);
            for (int i = 0; i < panels; i++)
            {
                b.ToInt8(panel + i, operand + (i * stride));
            }

            MultiplyRows(operand, stride, panel, panels, firstRow, cut);
        }
    }

    private void MultiplyRows(byte* operand, nint stride, int panel, int panels, int row, RowCut cut)
    {
        for (int tile = 0, tiles; tile < cut.Tiles; tile += tiles)
        {
            (int height, tiles) = cut.RunFrom(tile, cut.Tiles);
            var arguments = new GemmArguments { A = a.Row(row), AStride = a.Stride, B = operand, PanelStride = stride, Steps = b.Blocks, Tiles = tiles };
            GemmKernelFlags masked = epilogue.Put(ref arguments, c, row, panel, panels);
            kernels.Run(&arguments, b.Format.HasOffsets, height, panels, _flags | masked, epilogue.AddedStorage);
            row += tiles * height;
        }
    }
}
