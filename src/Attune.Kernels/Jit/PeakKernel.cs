using Attune.Tensors;
using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>A loop of multiply-adds on registers only.</summary>
internal sealed unsafe class PeakKernel
{
    private readonly nint _code;
    private readonly bool _usesTiles;

    private PeakKernel(nint code, int operationsPerTurn, bool usesTiles)
    {
        _code = code;
        _usesTiles = usesTiles;
        OperationsPerTurn = operationsPerTurn;
    }

    /// <summary>Floating-point operations of one turn of the loop.</summary>
    public int OperationsPerTurn { get; }

    /// <summary>Emits the loop for a storage type of a tier that emits code.</summary>
    public static PeakKernel Create(GemmKernels kernels, DType storage)
    {
        var code = new Assembler(64);
        bool usesTiles = kernels.UsesTiles(storage);
        int operations = usesTiles ? TilePeakEmitter.Emit(code) : PeakEmitter.Emit(code, kernels.CreateVectors(code, storage));
        return new PeakKernel(ExecutableMemory.Instance.Publish(CallingConvention.Assemble(code)), operations, usesTiles);
    }

    /// <summary>Runs the loop, at least one turn.</summary>
    /// <exception cref="InvalidOperationException">The loop uses tiles and the thread is none of a worker pool's own.</exception>
    public void Run(long turns)
    {
        if (_usesTiles)
        {
            TileProcessor.RequirePreparedThread();
        }

        var arguments = new PeakArguments { Turns = turns, Configuration = TileConfiguration.Whole };
        ((delegate* unmanaged<PeakArguments*, void>)_code)(&arguments);
    }
}
