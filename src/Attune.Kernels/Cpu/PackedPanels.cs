using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>A weight W [N, K] in the layout that matrix products read: panels of 16 of its rows, which are the columns of x W^T.</summary>
/// <remarks>
/// fp32 storage is [N/16][K][16]; bf16 storage is [N/16][K/2][16][2], pairs along K side by side. Rows beyond N and what is missing of the last step, on AMX of the last 16, are 0.
/// <see cref="Gemm.CreatePanels"/> makes it, <see cref="Gemm.Pack(in MatrixView, PackedPanels)"/> fills it.
/// </remarks>
public sealed unsafe class PackedPanels : IDisposable
{
    private AlignedBuffer? _memory;

    internal PackedPanels(int rows, PanelLayout layout)
    {
        Reshape(rows, layout);
    }

    /// <summary>Rows of the weight, N.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns of the weight, K.</summary>
    public int Columns => Layout.Depth;

    /// <summary>F32 or BF16: the precision of products.</summary>
    public DType Precision => Layout.Precision;

    /// <summary>Number of panels: N / 16, rounded up.</summary>
    public int Panels { get; private set; }

    /// <summary>Bytes of the packed weight.</summary>
    public long Bytes => _memory!.Bytes;

    /// <summary>How a panel lies in memory.</summary>
    public PanelLayout Layout { get; private set; }

    /// <summary>First byte of a panel, aligned to 64 bytes.</summary>
    public byte* Panel(int index) => _memory!.Pointer + (index * (long)Layout.PanelBytes);

    /// <summary>Reads a row of the weight, for instance the embedding of a token from a head whose weight is tied to it.</summary>
    /// <param name="row">0 to N - 1.</param>
    /// <param name="destination">A matrix of one row and K columns; columns may be strided.</param>
    /// <exception cref="TensorException">There is no such row, or the destination has another size.</exception>
    public void ReadRow(int row, in MatrixView destination)
    {
        if ((uint)row >= (uint)Rows || destination.Rows != 1 || destination.Columns != Columns)
        {
            throw new TensorException($"reading row {row} of a packed weight [{Rows}, {Columns}] into {destination}");
        }

        PanelPacker.UnpackRow(Panel(row / PanelLayout.PanelRows), row % PanelLayout.PanelRows, Layout, destination);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _memory?.Dispose();

    /// <summary>Makes it a weight of another size, with undefined content, in the same memory where that is large enough.</summary>
    internal void Reshape(int rows, PanelLayout layout)
    {
        Rows = rows;
        Layout = layout;
        Panels = PanelLayout.PanelsOf(rows);
        AlignedBuffer.Grow(ref _memory, Panels * (long)Layout.PanelBytes);
    }
}
