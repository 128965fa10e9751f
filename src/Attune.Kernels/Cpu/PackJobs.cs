namespace Attune.Kernels.Cpu;

/// <summary>Packs the panels of a weight: one per index, or a strip of many.</summary>
internal readonly unsafe struct PackJob(MatrixView weight, PackedPanels target) : IJob
{
    private readonly Strips _strips = new(PairPacker.Fits(weight, target.Layout), target.Panels * PanelLayout.PanelRows, target.Layout);

    public int Indices => _strips.Exist ? _strips.Count : target.Panels;

    public void Execute(int index, int worker)
    {
        if (_strips.Exist)
        {
            (int step, int row, int end) = _strips.At(index);
            PairPacker.PackPanels(weight, target, row / PanelLayout.PanelRows, end / PanelLayout.PanelRows, step);
        }
        else
        {
            PanelPacker.Pack(weight, index * PanelLayout.PanelRows, target.Layout, target.Panel(index));
        }
    }
}

/// <summary>Writes the panels of a weight back, one per index.</summary>
internal readonly struct UnpackJob(PackedPanels source, MatrixView weight) : IJob
{
    public unsafe void Execute(int index, int worker) =>
        PanelPacker.Unpack(source.Panel(index), source.Layout, index * PanelLayout.PanelRows, weight);
}

/// <summary>Writes rows of the left operand as kernels read them: 16 per index, or a strip of many.</summary>
internal readonly unsafe struct PackRowsJob(MatrixView matrix, int firstRow, int rows, PanelLayout layout, byte* target, nint targetStride) : IJob
{
    private readonly Strips _strips = new(PairPacker.Fits(matrix, layout), rows, layout);

    public int Indices => _strips.Exist ? _strips.Count : PanelLayout.PanelsOf(rows);

    public void Execute(int index, int worker)
    {
        if (_strips.Exist)
        {
            (int step, int row, int end) = _strips.At(index);
            PairPacker.PackRows(matrix, layout, firstRow + row, firstRow + end, step, target + (row * targetStride), targetStride);
        }
        else
        {
            int row = index * PanelLayout.PanelRows;
            PanelPacker.PackRows(matrix, firstRow + row, layout, target + (row * targetStride), targetStride);
        }
    }
}

/// <summary>Strips of <see cref="PairPacker.StripSteps"/> steps, cut where they are long.</summary>
/// <param name="exist">Whether there are any.</param>
/// <param name="rows">Rows of the packed matrix, along which a strip runs.</param>
/// <param name="layout">How it is packed.</param>
internal readonly struct Strips(bool exist, int rows, PanelLayout layout)
{
    /// <summary>Rows of a piece: 4 KB of bf16.</summary>
    private const int PieceRows = 2048;

    private readonly int _pieces = (rows + PieceRows - 1) / PieceRows;

    public bool Exist => exist;

    public int Count => _pieces * ((layout.Steps + PairPacker.StripSteps - 1) / PairPacker.StripSteps);

    /// <summary>The first step of a piece of a strip, its first row, and the row behind its last.</summary>
    public (int Step, int Row, int End) At(int index)
    {
        (int strip, int piece) = Math.DivRem(index, _pieces);
        return (strip * PairPacker.StripSteps, piece * PieceRows, Math.Min(rows, (piece + 1) * PieceRows));
    }
}
