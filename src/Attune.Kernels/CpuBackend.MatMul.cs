using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate) =>
        _products.Multiply(left, right, destination, alpha, accumulate);

    /// <inheritdoc/>
    public PackedMatrix? TryPack(Tensor matrix, DType dtype, PackUse use, PackedMatrix? reuse) => _products.TryPack(matrix, dtype, use, reuse);

    /// <inheritdoc/>
    public PackedMatrix? TryPackBlocks(IBlockMatrix matrix, DType dtype, bool roundsRows = false) => _products.TryPackBlocks(matrix, dtype, roundsRows);

    /// <inheritdoc/>
    public bool TryMatMulPacked(
        Tensor x, PackedMatrix weight, PackUse direction, Tensor destination, Tensor? bias, double alpha, bool accumulate, LowRankTerm? term = null, Tensor? residual = null) =>
        _products.TryMultiply(x, weight, direction, destination, bias, alpha, accumulate, term, residual);

    /// <inheritdoc/>
    public bool TryMatMulPacked(Tensor x, ReadOnlySpan<PackedProduct> products) => _products.TryMultiply(x, products);
}
