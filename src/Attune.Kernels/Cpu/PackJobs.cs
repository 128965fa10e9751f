namespace Attune.Kernels.Cpu;

/// <summary>Packs the panels of a weight, one per index.</summary>
internal readonly struct PackJob(MatrixView weight, PackedPanels target) : IJob
{
    public unsafe void Execute(int index, int worker) =>
        PanelPacker.Pack(weight, index * PanelLayout.PanelRows, target.Layout, target.Panel(index));
}

/// <summary>Writes the panels of a weight back, one per index.</summary>
internal readonly struct UnpackJob(PackedPanels source, MatrixView weight) : IJob
{
    public unsafe void Execute(int index, int worker) =>
        PanelPacker.Unpack(source.Panel(index), source.Layout, index * PanelLayout.PanelRows, weight);
}

/// <summary>Writes rows of the left operand as kernels read them, 16 per index.</summary>
internal readonly unsafe struct PackRowsJob(MatrixView matrix, int firstRow, PanelLayout layout, byte* target, nint targetStride) : IJob
{
    public void Execute(int index, int worker)
    {
        int row = index * PanelLayout.PanelRows;
        PanelPacker.PackRows(matrix, firstRow + row, layout, target + (row * targetStride), targetStride);
    }
}
