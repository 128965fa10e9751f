namespace Attune.Kernels.Cpu;

/// <summary>The right operand of a product: a packed weight W [N, K] as it is, for A W^T, or turned, for A W.</summary>
/// <param name="Panels">The weight.</param>
/// <param name="IsTurned">Whether columns of the product are columns of the weight.</param>
internal readonly record struct RightOperand(PackedPanels Panels, bool IsTurned)
{
    /// <summary>Columns of the product.</summary>
    public int Columns => IsTurned ? Panels.Columns : Panels.Rows;

    /// <summary>Summed elements.</summary>
    public int Depth => IsTurned ? Panels.Rows : Panels.Columns;

    /// <summary>Panels of 16 columns of the product.</summary>
    public int Count => PanelLayout.PanelsOf(Columns);

    /// <summary>How a panel lies in memory when it is multiplied.</summary>
    public PanelLayout Layout => IsTurned ? new PanelLayout(Panels.Layout.Precision, Panels.Layout.Storage, Panels.Rows, Panels.Layout.ForTiles) : Panels.Layout;

    /// <inheritdoc/>
    public override string ToString() => $"packed [{Panels.Rows}, {Panels.Columns}]{(IsTurned ? string.Empty : " transposed")}";
}
