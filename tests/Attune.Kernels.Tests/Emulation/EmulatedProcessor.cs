using System.Collections.Concurrent;
using Attune.Kernels.Jit;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>An emulated processor with AMX for the engine's products on tiles, on any machine.</summary>
/// <param name="allowed">Adds the memory that a kernel may touch beside its arguments; null to let it touch everything.</param>
/// <param name="trace">Receives what kernels fetch and touch; for products on one thread.</param>
internal sealed unsafe class EmulatedProcessor(Action<MemoryMap>? allowed = null, AccessTrace? trace = null) : ITileProcessor
{
    private readonly ConcurrentDictionary<nint, MachineCode> _codes = [];
    private int _loaded;
    private long _executed;

    /// <summary>Instructions executed so far.</summary>
    public long Executed => _executed;

    public nint Load(byte[] code)
    {
        nint handle = Interlocked.Increment(ref _loaded);
        _codes[handle] = new MachineCode(code);
        return handle;
    }

    public void Run(nint code, TileArguments* arguments)
    {
        MemoryMap? map = null;
        if (allowed is not null)
        {
            map = new MemoryMap();
            map.Allow("the sums", arguments->Sums, TileKernelEmitter.SumBytes, writable: true);
            allowed(map);
        }

        Interlocked.Add(ref _executed, new Processor(map) { Trace = trace }.Run(_codes[code], arguments));
    }
}
