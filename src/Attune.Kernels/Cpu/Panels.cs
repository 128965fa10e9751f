using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Packed panels of a right operand in memory that somebody else owns.</summary>
/// <param name="start">First panel.</param>
/// <param name="stride">Bytes from a panel to the next.</param>
internal readonly unsafe struct Panels(byte* start, nint stride)
{
    public byte* Start { get; } = start;

    public nint Stride { get; } = stride;

    /// <summary>The panels from a column on, a multiple of 16.</summary>
    public Panels FromColumn(int column) => new(Start + (column / PanelLayout.PanelRows * Stride), Stride);

    /// <summary>The panels from an element of the depth on, a multiple of 2.</summary>
    public Panels FromDepth(int element, DType storage) => new(Start + ((nint)element * storage.SizeInBytes * PanelLayout.PanelRows), Stride);
}
