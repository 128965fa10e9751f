using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.MatMul;

/// <summary>
/// A weight in panels, once: its transpose is made of them panel by panel when it is multiplied from the other side, which costs a few percent of such a product and saves
/// the memory of a second model.
/// </summary>
internal sealed class CpuPackedMatrix(Gemm gemm, int rows, int columns, DType dtype, PackUse use) : PackedMatrix(rows, columns, dtype, use)
{
    private readonly PackedPanels _panels = gemm.CreatePanels(rows, columns, dtype);

    /// <inheritdoc/>
    public override long Bytes => _panels.Bytes;

    /// <summary>The panels.</summary>
    public PackedPanels Panels => _panels;

    /// <summary>The operand of the product x W^T or dY W.</summary>
    public RightOperand OperandOf(PackUse direction) => new(_panels, IsTurned: direction == PackUse.Backward);

    /// <summary>Packs a matrix over what was packed before.</summary>
    public void Pack(in MatrixView matrix) => gemm.Pack(matrix, _panels);

    /// <inheritdoc/>
    /// <exception cref="TensorException">The destination has another size, or no float type.</exception>
    public override void Unpack(Tensor destination) => gemm.Unpack(_panels, Matrices.Unpacked(destination, Rows, Columns));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _panels.Dispose();
        }
    }
}
