using Attune.Kernels.Jit;

namespace Attune.Kernels.Cpu;

/// <summary>A product of few summed elements, such as the low-rank update of a weight, that goes into the sums of another one, whose result is then written once.</summary>
/// <param name="A">[M, r] in any layout; what kernels cannot read is converted first.</param>
/// <param name="B">A packed matrix [N, r], used as its transpose, in the precision of the other product.</param>
/// <param name="FirstPanel">The panel of <paramref name="B"/> that belongs to the first columns of C.</param>
internal readonly unsafe record struct AddedProduct(MatrixView A, PackedPanels B, int FirstPanel = 0)
{
    /// <summary>Most steps that kernels add: they sum them in one block.</summary>
    public const int MostSteps = GemmEmitter.BlockSteps;

    /// <summary>What is left of it for a part of C.</summary>
    public AddedProduct Part(int firstRow, int rows, int firstColumn) => new(
        new MatrixView(A.At(firstRow, 0), A.DType, rows, A.Columns, A.RowStride, A.ColumnStride), B, FirstPanel + (firstColumn / PanelLayout.PanelRows));
}
