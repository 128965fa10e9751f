using Attune.Tensors;
using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>A loop of multiply-adds on registers only.</summary>
internal sealed unsafe class PeakKernel
{
    private readonly nint _code;

    private PeakKernel(nint code, int operationsPerTurn)
    {
        _code = code;
        OperationsPerTurn = operationsPerTurn;
    }

    /// <summary>Floating-point operations of one turn of the loop.</summary>
    public int OperationsPerTurn { get; }

    /// <summary>Emits the loop for a storage type of a tier that emits code.</summary>
    public static PeakKernel Create(GemmKernels kernels, DType storage)
    {
        var code = new Assembler(64);
        int operations = PeakEmitter.Emit(code, kernels.CreateVectors(code, storage));
        return new PeakKernel(ExecutableMemory.Instance.Publish(CallingConvention.Assemble(code)), operations);
    }

    /// <summary>Runs the loop, at least one turn.</summary>
    public void Run(long turns) => ((delegate* unmanaged<long*, void>)_code)(&turns);
}
