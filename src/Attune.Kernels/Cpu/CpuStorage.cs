using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>A block of native memory, aligned to a cache line.</summary>
internal sealed unsafe class CpuStorage : Storage, IDisposable
{
    private readonly AlignedBuffer _memory;

    public CpuStorage(long bytes)
        : base(bytes) => _memory = new AlignedBuffer(bytes);

    /// <summary>First byte.</summary>
    public byte* Pointer => _memory.Pointer;

    public void Dispose() => _memory.Dispose();

    /// <summary>First element of a tensor.</summary>
    public static byte* Start(Tensor tensor) => ((CpuStorage)tensor.Storage).Pointer + (tensor.Offset * tensor.DType.SizeInBytes);
}
