using Attune.Kernels.Cpu;
using Attune.Kernels.Cpu.MatMul;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels;

/// <summary>
/// Computes on the processor with its widest vectors and all its cores. Results are equal bit for bit for any number of threads; different tiers differ by rounding.
/// </summary>
public sealed unsafe partial class CpuBackend : IBackend, IDisposable
{
    private readonly WorkerPool _pool;
    private readonly CpuOperators _operators;
    private readonly MatrixProducts _products;
    private readonly CpuTier _tier;

    /// <summary>Starts the threads.</summary>
    /// <exception cref="ArgumentException">The machine cannot run the tier that was asked for.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is outside its range.</exception>
    public CpuBackend(CpuBackendOptions? options = null)
        : this(GemmKernels.For(CpuTiers.Parse((options?.Tier ?? TierDetection.Default).Name)), options?.Threads)
    {
    }

    internal CpuBackend(GemmKernels kernels, int? threads)
    {
        _tier = kernels.Tier;
        _pool = new WorkerPool(threads);
        _products = new MatrixProducts(new Gemm(_pool, kernels));
        _operators = CpuOperators.Create(_pool, kernels);
    }

    /// <inheritdoc/>
    public string Tier => _tier.Name;

    /// <summary>Threads that work, the calling one included.</summary>
    public int Threads => _pool.Threads;

    /// <inheritdoc/>
    public Storage Allocate(long bytes) => new CpuStorage(bytes);

    /// <inheritdoc/>
    public void Free(Storage storage) => ((CpuStorage)storage).Dispose();

    /// <inheritdoc/>
    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source)
    {
        CheckRange(storage, byteOffset, source.Length);
        source.CopyTo(new Span<byte>(((CpuStorage)storage).Pointer + byteOffset, source.Length));
    }

    /// <inheritdoc/>
    public void Read(Storage storage, long byteOffset, Span<byte> destination)
    {
        CheckRange(storage, byteOffset, destination.Length);
        new ReadOnlySpan<byte>(((CpuStorage)storage).Pointer + byteOffset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Fill(Tensor destination, double value) => _operators.Fill(destination, value);

    /// <inheritdoc/>
    public void Copy(Tensor source, Tensor destination) => _operators.Copy(source, destination);

    /// <inheritdoc/>
    public void Axpy(double alpha, Tensor source, double beta, Tensor destination) => _operators.Axpy(alpha, source, beta, destination);

    /// <inheritdoc/>
    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter) => _operators.Map(kind, source, destination, parameter);

    /// <inheritdoc/>
    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate) =>
        _operators.MapGradient(kind, source, upstream, destination, parameter, accumulate);

    /// <inheritdoc/>
    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination) => _operators.Zip(kind, left, right, destination);

    /// <inheritdoc/>
    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination) => _operators.Select(condition, left, right, destination);

    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor source, Tensor destination) => _operators.Reduce(kind, source, destination);

    /// <inheritdoc/>
    public void ArgMax(Tensor source, Tensor destination) => _operators.ArgMax(source, destination);

    /// <inheritdoc/>
    public void GatherRows(Tensor source, Tensor indices, Tensor destination) => _operators.GatherRows(source, indices, destination);

    /// <inheritdoc/>
    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination) => _operators.ScatterAddRows(source, indices, destination);

    /// <inheritdoc/>
    public bool TryPutRows(Tensor source, Tensor indices, Tensor destination) => _operators.TryPutRows(source, indices, destination);

    /// <inheritdoc/>
    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate) =>
        _operators.Dropout(source, destination, probability, random, accumulate);

    /// <inheritdoc/>
    public bool TrySoftmax(Tensor source, Tensor destination) => _operators.TrySoftmax(source, destination);

    /// <inheritdoc/>
    public bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate) =>
        _operators.TrySoftmaxGradient(y, upstream, destination, accumulate);

    /// <inheritdoc/>
    public bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd) =>
        _operators.TryRmsNorm(x, weight, epsilon, offset, y, rstd);

    /// <inheritdoc/>
    public bool TryRmsNormGradient(
        Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight) =>
        _operators.TryRmsNormGradient(x, weight, offset, rstd, upstream, dX, accumulateX, dWeight, accumulateWeight);

    /// <inheritdoc/>
    public bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics) =>
        _operators.TryLayerNorm(x, weight, bias, epsilon, y, statistics);

    /// <inheritdoc/>
    public bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias) =>
        _operators.TryLayerNormGradient(x, weight, statistics, upstream, dX, accumulateX, dWeight, accumulateWeight, dBias, accumulateBias);

    /// <inheritdoc/>
    public bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate) =>
        _operators.TryRope(x, cos, sin, positions, interleaved, inverse, destination, accumulate);

    /// <inheritdoc/>
    public bool TrySwiGlu(Tensor gate, Tensor up, Tensor y) => _operators.TrySwiGlu(gate, up, y);

    /// <inheritdoc/>
    public bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp) =>
        _operators.TrySwiGluGradient(gate, up, upstream, dGate, accumulateGate, dUp, accumulateUp);

    /// <inheritdoc/>
    public bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics) =>
        _operators.TryAttention(q, k, v, layout, options, y, statistics);

    /// <inheritdoc/>
    public bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV) =>
        _operators.TryAttentionGradient(
            q, k, v, layout, options, y, statistics, upstream, dQ, accumulateQ, dK, accumulateK, dV, accumulateV);

    /// <inheritdoc/>
    public bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient) =>
        _operators.TryCrossEntropy(logits, labels, losses, gradient);

    /// <inheritdoc/>
    public bool TryAdamW(ReadOnlySpan<AdamWUpdate> updates) => _operators.TryAdamW(updates);

    /// <inheritdoc/>
    public bool TrySumsOfSquares(ReadOnlySpan<Tensor> sources, Tensor destination) => _operators.TrySumsOfSquares(sources, destination);

    /// <inheritdoc/>
    public bool TryAdamWAndPack(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, in AdamWStep step, PackedMatrix packed) =>
        packed is CpuPackedMatrix { Panels: var panels } && _operators.TryAdamWAndPack(parameter, gradient, firstMoment, secondMoment, step, panels);

    /// <summary>Stops the threads and frees scratch memory; memory of tensors is freed through their devices.</summary>
    public void Dispose()
    {
        _pool.Dispose();
        _operators.Dispose();
        _products.Dispose();
    }

    private static void CheckRange(Storage storage, long byteOffset, long count)
    {
        if (byteOffset < 0 || byteOffset > storage.Bytes - count)
        {
            throw new TensorException($"{count} bytes from byte {byteOffset} on do not lie in a block of {storage.Bytes} bytes");
        }
    }
}
