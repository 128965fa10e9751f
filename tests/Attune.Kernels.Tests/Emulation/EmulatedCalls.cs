using System.Runtime.InteropServices;
using Attune.Kernels.Jit;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Functions that emulate products of <see cref="GemmArguments"/>: the engine calls them where it would call machine code, so whole products run through the emulation.</summary>
/// <param name="memory">What kernels may touch beside their arguments; null for everything.</param>
/// <param name="trace">Receives what they fetch and touch; for products on one thread.</param>
internal sealed unsafe class EmulatedCalls(MemoryMap? memory, AccessTrace? trace = null)
{
    // Native code calls them: they must not be collected.
    private readonly List<Kernel> _kernels = [];
    private EmulationException? _failure;

    private delegate void Kernel(GemmArguments* arguments);

    /// <summary>Makes a function of a kernel's code.</summary>
    public nint Load(byte[] code)
    {
        var decoded = new MachineCode(code);
        Kernel kernel = arguments => Run(decoded, arguments);
        _kernels.Add(kernel);
        return Marshal.GetFunctionPointerForDelegate(kernel);
    }

    /// <summary>Throws what a kernel has failed with.</summary>
    public void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw new EmulationException($"a kernel failed: {_failure.Message}", _failure);
        }
    }

    /// <summary>No exception may pass through the native frame above it.</summary>
    private void Run(MachineCode code, GemmArguments* arguments)
    {
        try
        {
            new Processor(memory) { Trace = trace }.Run(code, arguments);
        }
        catch (EmulationException exception)
        {
            _failure ??= exception;
        }
    }
}
