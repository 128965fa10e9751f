using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Cpu.Tables;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>The operations of a <see cref="CpuBackend"/>, compiled once per vector width: a call is virtual once and generic from there on.</summary>
internal abstract unsafe partial class CpuOperators(WorkerPool pool, GemmKernels kernels) : IDisposable
{
    private AlignedBuffer? _shared;
    private AlignedBuffer? _indices;

    /// <summary>The threads that work.</summary>
    public WorkerPool Pool { get; } = pool;

    /// <summary>The product kernels of the tier.</summary>
    protected GemmKernels Kernels { get; } = kernels;

    /// <summary>The operators for the vectors of a tier.</summary>
    public static CpuOperators Create(WorkerPool pool, GemmKernels kernels) => kernels.Tier switch
    {
        CpuTier.Portable => new CpuOperators<V128>(pool, kernels),
        CpuTier.Avx2 => new CpuOperators<V256>(pool, kernels),
        _ => new CpuOperators<V512>(pool, kernels),
    };

    /// <summary>Memory that all threads of an operation see: partial results between two runs of the pool, whose <see cref="WorkerPool.Runs"/> the caller holds.</summary>
    public byte* Shared(long bytes) => AlignedBuffer.Grow(ref _shared, bytes);

    /// <summary>Row numbers as plain integers; the caller holds <see cref="WorkerPool.Runs"/> while it uses them.</summary>
    /// <exception cref="TensorException">An index is out of range.</exception>
    protected int* ReadIndices(Tensor indices, long rows) => Indices.Read(indices, rows, ref _indices);

    public void Dispose()
    {
        _shared?.Dispose();
        _indices?.Dispose();
    }
}

/// <inheritdoc/>
internal sealed partial class CpuOperators<V>(WorkerPool pool, GemmKernels kernels) : CpuOperators(pool, kernels)
    where V : struct, IVec<V>;
