using Attune.Kernels;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Models.Tests;

/// <summary>The CPU backend, with a note of the fused methods that it has said yes to.</summary>
internal sealed class FusedCallRecorder : IBackend, IDisposable
{
    private readonly CpuBackend _cpu = new();

    /// <summary>Names of the fused methods that were used.</summary>
    public ISet<string> Used { get; } = new SortedSet<string>(StringComparer.Ordinal);

    public string Tier => _cpu.Tier;

    private IBackend Inner => _cpu;

    public void Dispose() => _cpu.Dispose();

    public Storage Allocate(long bytes) => Inner.Allocate(bytes);

    public void Free(Storage storage) => Inner.Free(storage);

    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source) => Inner.Write(storage, byteOffset, source);

    public void Read(Storage storage, long byteOffset, Span<byte> destination) => Inner.Read(storage, byteOffset, destination);

    public void Fill(Tensor destination, double value) => Inner.Fill(destination, value);

    public void Copy(Tensor source, Tensor destination) => Inner.Copy(source, destination);

    public void Axpy(double alpha, Tensor source, double beta, Tensor destination) => Inner.Axpy(alpha, source, beta, destination);

    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter) => Inner.Map(kind, source, destination, parameter);

    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate) =>
        Inner.MapGradient(kind, source, upstream, destination, parameter, accumulate);

    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination) => Inner.Zip(kind, left, right, destination);

    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination) => Inner.Select(condition, left, right, destination);

    public void Reduce(ReduceKind kind, Tensor source, Tensor destination) => Inner.Reduce(kind, source, destination);

    public void ArgMax(Tensor source, Tensor destination) => Inner.ArgMax(source, destination);

    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate) => Inner.MatMul(left, right, destination, alpha, accumulate);

    public void GatherRows(Tensor source, Tensor indices, Tensor destination) => Inner.GatherRows(source, indices, destination);

    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination) => Inner.ScatterAddRows(source, indices, destination);

    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate) =>
        Inner.Dropout(source, destination, probability, random, accumulate);

    public PackedMatrix? TryPack(Tensor matrix, DType dtype, PackUse use, PackedMatrix? reuse) => Inner.TryPack(matrix, dtype, use, reuse);

    public bool TryMatMulPacked(Tensor x, PackedMatrix weight, PackUse direction, Tensor destination, Tensor? bias, double alpha, bool accumulate) =>
        Noted("packed weights", Inner.TryMatMulPacked(x, weight, direction, destination, bias, alpha, accumulate));

    public bool TrySoftmax(Tensor source, Tensor destination) => Inner.TrySoftmax(source, destination);

    public bool TrySoftmaxGradient(Tensor y, Tensor upstream, Tensor destination, bool accumulate) => Inner.TrySoftmaxGradient(y, upstream, destination, accumulate);

    public bool TryRmsNorm(Tensor x, Tensor weight, double epsilon, double offset, Tensor y, Tensor rstd) =>
        Noted("RMS norm", Inner.TryRmsNorm(x, weight, epsilon, offset, y, rstd));

    public bool TryRmsNormGradient(Tensor x, Tensor weight, double offset, Tensor rstd, Tensor upstream, Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight) =>
        Inner.TryRmsNormGradient(x, weight, offset, rstd, upstream, dX, accumulateX, dWeight, accumulateWeight);

    public bool TryLayerNorm(Tensor x, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor statistics) =>
        Noted("layer norm", Inner.TryLayerNorm(x, weight, bias, epsilon, y, statistics));

    public bool TryLayerNormGradient(
        Tensor x, Tensor? weight, Tensor statistics, Tensor upstream,
        Tensor? dX, bool accumulateX, Tensor? dWeight, bool accumulateWeight, Tensor? dBias, bool accumulateBias) =>
        Inner.TryLayerNormGradient(x, weight, statistics, upstream, dX, accumulateX, dWeight, accumulateWeight, dBias, accumulateBias);

    public bool TryRope(Tensor x, Tensor cos, Tensor sin, Tensor positions, bool interleaved, bool inverse, Tensor destination, bool accumulate) =>
        Noted("rotary positions", Inner.TryRope(x, cos, sin, positions, interleaved, inverse, destination, accumulate));

    public bool TrySwiGlu(Tensor gate, Tensor up, Tensor y) => Noted("SwiGLU", Inner.TrySwiGlu(gate, up, y));

    public bool TrySwiGluGradient(Tensor gate, Tensor up, Tensor upstream, Tensor? dGate, bool accumulateGate, Tensor? dUp, bool accumulateUp) =>
        Inner.TrySwiGluGradient(gate, up, upstream, dGate, accumulateGate, dUp, accumulateUp);

    public bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics) =>
        Noted("attention", Inner.TryAttention(q, k, v, layout, options, y, statistics));

    public bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV) =>
        Inner.TryAttentionGradient(q, k, v, layout, options, y, statistics, upstream, dQ, accumulateQ, dK, accumulateK, dV, accumulateV);

    public bool TryCrossEntropy(Tensor logits, Tensor labels, Tensor losses, bool gradient) =>
        Noted("cross entropy", Inner.TryCrossEntropy(logits, labels, losses, gradient));

    private bool Noted(string name, bool taken)
    {
        if (taken)
        {
            Used.Add(name);
        }

        return taken;
    }
}
