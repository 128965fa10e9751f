namespace Attune.Tensors.Backends;

/// <summary>
/// What computes. A backend must provide the primitives; the fused methods at the end may say no (return false), and the operation is then made of primitives.
/// Tensors are only looked at through storage, offset, shape, strides and element type: no pointer crosses this line.
/// Every destination is allocated by the caller and, unless said otherwise, contiguous. Inputs of the primitives may be strided, those of the fused methods are contiguous.
/// An index that names nothing (a row, a label, a range of an attention layout) is a <see cref="TensorException"/>. Results do not depend on the number of threads.
/// </summary>
public interface IBackend
{
    /// <summary>Name of the instruction tier in use, such as <c>avx512-bf16</c>.</summary>
    string Tier { get; }

    /// <summary>Takes a block of memory; its content is undefined.</summary>
    Storage Allocate(long bytes);

    /// <summary>Gives a block back to the system.</summary>
    void Free(Storage storage);

    /// <summary>Copies bytes from host memory into a block.</summary>
    void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source);

    /// <summary>Copies bytes of a block to host memory.</summary>
    void Read(Storage storage, long byteOffset, Span<byte> destination);

    /// <summary>Sets every element. The destination may be strided.</summary>
    void Fill(Tensor destination, double value);

    /// <summary>Copies elements, converting the element type (floats round to nearest even). Both may be strided.</summary>
    void Copy(Tensor source, Tensor destination);

    /// <summary>destination = alpha source + beta destination. Shapes are equal, element types may differ; the source may be strided.</summary>
    void Axpy(double alpha, Tensor source, double beta, Tensor destination);

    /// <summary>destination = f(source).</summary>
    void Map(MapKind kind, Tensor source, Tensor destination, double parameter);

    /// <summary>destination (+)= upstream f'(source).</summary>
    void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate);

    /// <summary>destination = f(left, right); both inputs have the destination's shape, repeated dimensions by strides of 0.</summary>
    void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination);

    /// <summary>destination = condition ? left : right, element by element; inputs as in <see cref="Zip"/>.</summary>
    void Select(Tensor condition, Tensor left, Tensor right, Tensor destination);

    /// <summary>Reduces over every dimension in which the destination has extent 1 and the source has more. Ranks are equal. Sums are made in at least single precision.</summary>
    void Reduce(ReduceKind kind, Tensor source, Tensor destination);

    /// <summary>Index of the largest element of each row (the first one of several); destination I32 has the source's shape without its last dimension.</summary>
    void ArgMax(Tensor source, Tensor destination);

    /// <summary>
    /// destination (+)= alpha left right for matrices [..., M, K] and [..., K, N] with equal leading dimensions; inputs may be strided (a transpose is a stride).
    /// Sums are made in at least single precision.
    /// </summary>
    void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate);

    /// <summary>destination[i, :] = source[indices[i], :] for a source [R, C] (rows may be strided) and I32 indices.</summary>
    /// <exception cref="TensorException">An index is out of range.</exception>
    void GatherRows(Tensor source, Tensor indices, Tensor destination);

    /// <summary>destination[indices[i], :] += source[i, :], rows added in order of i.</summary>
    /// <exception cref="TensorException">An index is out of range.</exception>
    void ScatterAddRows(Tensor source, Tensor indices, Tensor destination);

    /// <summary>destination (+)= source / (1 - probability) where the random number of the element is not below the probability, else 0.</summary>
    void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate);

    /// <summary>
    /// Packs a matrix [N, K] (a weight [out, in]) into the layout that products read fastest.
    /// </summary>
    /// <param name="matrix">F32, F16 or BF16; F32 packs are exact, BF16 packs are for products in bf16, I8 packs for products of 8-bit codes.</param>
    /// <param name="dtype">F32 or BF16: the precision of products. I8: codes with a scale per row of the matrix, which are multiplied with codes that the other operand is rounded to.</param>
    /// <param name="use">Which products will be asked for.</param>
    /// <param name="reuse">An earlier pack of the same shape, type and use to write over.</param>
    /// <returns>Null when the backend has no packed layout.</returns>
    PackedMatrix? TryPack(Tensor matrix, DType dtype, PackUse use, PackedMatrix? reuse) => null;

    /// <summary>Packs a weight of few bits without giving up its bits, for forward products.</summary>
    /// <param name="matrix">The weight.</param>
    /// <param name="dtype">F32 or BF16: the precision of products.</param>
    /// <param name="roundsRows">
    /// Whether products of many rows (prompts) may round the rows to int8, in blocks of <see cref="BlockFormat.BlockElements"/> with a scale each, and multiply integers.
    /// </param>
    /// <returns>Null when the backend has no products with such blocks in that precision: the weight is then held in it.</returns>
    PackedMatrix? TryPackBlocks(IBlockMatrix matrix, DType dtype, bool roundsRows = false) => null;

    /// <summary>
    /// Product with a packed weight W [N, K]. Forward: destination [M, N] (+)= alpha x W^T + bias for x [M, K]. Backward: destination [M, K] (+)= alpha x W for x [M, N].
    /// A term is added to the product of x before alpha. A residual, contiguous and like the destination, is what the product is added to instead of what the destination held.
    /// </summary>
    bool TryMatMulPacked(
        Tensor x, PackedMatrix weight, PackUse direction, Tensor destination, Tensor? bias, double alpha, bool accumulate, LowRankTerm? term = null, Tensor? residual = null) => false;

    /// <summary>Forward products of the same rows with several packed weights: destination_i [M, N_i] = x W_i^T + bias_i for x [M, K], each with the bits that it has alone.</summary>
    bool TryMatMulPacked(Tensor x, ReadOnlySpan<PackedProduct> products) => false;

    /// <summary>
    /// destination[indices[i], ...] = source[i, ...] for I32 indices [N], all of them different; element types are equal. Rows of the source may lie apart.
    /// </summary>
    /// <exception cref="TensorException">An index is out of range.</exception>
    bool TryPutRows(Tensor source, Tensor indices, Tensor destination) => false;

    /// <summary>Row-wise softmax over the last dimension.</summary>
    bool TrySoftmax(Tensor source, Tensor destination) => false;

    /// <summary>destination (+)= y (dY - sum(dY y)) row by row.</summary>
    bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate) => false;

    /// <summary>y = x rstd (w + offset) row by row over the last dimension; <paramref name="rstd"/> F32 receives 1 / sqrt(mean(x^2) + eps) of each row.</summary>
    bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd) => false;

    /// <summary>Gradients of <see cref="TryRmsNorm"/>; dX and dWeight may be null where none is wanted.</summary>
    bool TryRmsNormGradient(Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight) => false;

    /// <summary>
    /// y = (x - mean) rstd w + b row by row over the last dimension, without a weight w = 1, without a bias b = 0; <paramref name="statistics"/> F32 [..., 2] receives
    /// mean and rstd = 1 / sqrt(var + eps) of each row.
    /// </summary>
    bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics) => false;

    /// <summary>Gradients of <see cref="TryLayerNorm"/>; dX, dWeight and dBias may be null where none is wanted.</summary>
    bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias) => false;

    /// <summary>Rotates pairs of x [N, H, D] by the angles of <paramref name="positions"/> I32 [N] in the tables F32 [P, rotated / 2]; <paramref name="inverse"/> rotates back.</summary>
    bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate) => false;

    /// <summary>y = silu(gate) up.</summary>
    bool TrySwiGlu(Tensor gate, Tensor up, Tensor y) => false;

    /// <summary>Gradients of <see cref="TrySwiGlu"/>.</summary>
    bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp) => false;

    /// <summary>
    /// Attention over ragged sequences. <paramref name="statistics"/> F32 [N, H, 2] receives what makes the weights of each row again: its largest score, and
    /// 1 / sum(e^(score - largest)); 0 and 0 for a row that sees no key.
    /// </summary>
    bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics) => false;

    /// <summary>Gradients of <see cref="TryAttention"/>.</summary>
    bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV) => false;

    /// <summary>
    /// Cross entropy of rows of logits [N, V] with I32 labels [N] (all valid): <paramref name="losses"/> F32 [N] receives -log p(label); when
    /// <paramref name="gradient"/> is true the logits are replaced by softmax(logits) - onehot(label).
    /// </summary>
    bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient) => false;

    /// <summary>One step of AdamW on each of some parameters, in place; see <see cref="AdamWStep"/>. One that says no has changed none of them.</summary>
    bool TryAdamW(ReadOnlySpan<AdamWUpdate> updates) => false;

    /// <summary>A step of AdamW on a matrix [N, K] that has been packed, and <see cref="TryPack"/> of its new values over <paramref name="packed"/> while they are at hand: the same bits.</summary>
    bool TryAdamWAndPack(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, in AdamWStep step, PackedMatrix packed) => false;

    /// <summary>destination[i] = the sum of the squares of all elements of sources[i]; destination F32 [number of sources]. Sums are made in at least single precision.</summary>
    bool TrySumsOfSquares(ReadOnlySpan<Tensor> sources, Tensor destination) => false;
}
