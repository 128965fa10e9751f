using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>A weight [N, K] in panels: as it is for forward products, transposed for backward ones.</summary>
internal sealed class CpuPackedMatrix : PackedMatrix
{
    private readonly Gemm _gemm;

    public CpuPackedMatrix(Gemm gemm, int rows, int columns, DType dtype, PackUse use)
        : base(rows, columns, dtype, use)
    {
        _gemm = gemm;
        Forward = use.HasFlag(PackUse.Forward) ? gemm.CreatePanels(rows, columns, dtype) : null;
        Backward = use.HasFlag(PackUse.Backward) ? gemm.CreatePanels(columns, rows, dtype) : null;
    }

    /// <summary>The weight [N, K], for x W^T.</summary>
    public PackedPanels? Forward { get; }

    /// <summary>The weight's transpose [K, N], for x W.</summary>
    public PackedPanels? Backward { get; }

    /// <inheritdoc/>
    public override long Bytes => (Forward?.Bytes ?? 0) + (Backward?.Bytes ?? 0);

    /// <summary>Packs a matrix over what was packed before.</summary>
    public void Pack(in MatrixView matrix)
    {
        if (Forward is not null)
        {
            _gemm.Pack(matrix, Forward);
        }

        if (Backward is not null)
        {
            _gemm.Pack(matrix.Transposed, Backward);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="TensorException">The destination has another size, or no float type.</exception>
    public override void Unpack(Tensor destination)
    {
        if (destination.Shape != new Shape(Rows, Columns) || !Matrices.TryView(destination, out MatrixView view))
        {
            throw new TensorException($"unpack: expected a destination [{Rows}, {Columns}] in F32, BF16 or F16, found {destination}");
        }

        if (Forward is not null)
        {
            _gemm.Unpack(Forward, view);
        }
        else if (Backward is not null)
        {
            _gemm.Unpack(Backward, view.Transposed);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forward?.Dispose();
            Backward?.Dispose();
        }
    }
}
