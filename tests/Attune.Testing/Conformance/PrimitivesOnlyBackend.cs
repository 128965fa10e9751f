using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Testing.Conformance;

/// <summary>Hands the primitives of a backend on and says no to every fused method, so that all operations are made of primitives. Counts the blocks it is asked for.</summary>
public sealed class PrimitivesOnlyBackend(IBackend inner) : IBackend
{
    /// <summary>Blocks taken so far.</summary>
    public int Allocations { get; private set; }

    /// <summary>Blocks given back so far.</summary>
    public int Frees { get; private set; }

    /// <summary>Blocks are made larger than asked for, up to the next multiple of this.</summary>
    public long BlockMultiple { get; init; } = 1;

    public string Tier => $"{inner.Tier} without fused methods";

    public Storage Allocate(long bytes)
    {
        Allocations++;
        return inner.Allocate((bytes + BlockMultiple - 1) / BlockMultiple * BlockMultiple);
    }

    public void Free(Storage storage)
    {
        Frees++;
        inner.Free(storage);
    }

    public void Write(Storage storage, long byteOffset, ReadOnlySpan<byte> source) => inner.Write(storage, byteOffset, source);

    public void Read(Storage storage, long byteOffset, Span<byte> destination) => inner.Read(storage, byteOffset, destination);

    public void Fill(Tensor destination, double value) => inner.Fill(destination, value);

    public void Copy(Tensor source, Tensor destination) => inner.Copy(source, destination);

    public void Axpy(double alpha, Tensor source, double beta, Tensor destination) => inner.Axpy(alpha, source, beta, destination);

    public void Map(MapKind kind, Tensor source, Tensor destination, double parameter) => inner.Map(kind, source, destination, parameter);

    public void MapGradient(MapKind kind, Tensor source, Tensor upstream, Tensor destination, double parameter, bool accumulate) =>
        inner.MapGradient(kind, source, upstream, destination, parameter, accumulate);

    public void Zip(ZipKind kind, Tensor left, Tensor right, Tensor destination) => inner.Zip(kind, left, right, destination);

    public void Select(Tensor condition, Tensor left, Tensor right, Tensor destination) => inner.Select(condition, left, right, destination);

    public void Reduce(ReduceKind kind, Tensor source, Tensor destination) => inner.Reduce(kind, source, destination);

    public void ArgMax(Tensor source, Tensor destination) => inner.ArgMax(source, destination);

    public void MatMul(Tensor left, Tensor right, Tensor destination, double alpha, bool accumulate) => inner.MatMul(left, right, destination, alpha, accumulate);

    public void GatherRows(Tensor source, Tensor indices, Tensor destination) => inner.GatherRows(source, indices, destination);

    public void ScatterAddRows(Tensor source, Tensor indices, Tensor destination) => inner.ScatterAddRows(source, indices, destination);

    public void Dropout(Tensor source, Tensor destination, double probability, RandomState random, bool accumulate) =>
        inner.Dropout(source, destination, probability, random, accumulate);
}
