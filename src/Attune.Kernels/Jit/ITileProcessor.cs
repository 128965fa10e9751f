using Attune.Kernels.Cpu;

namespace Attune.Kernels.Jit;

/// <summary>What executes tile kernels: the machine, or in tests its model.</summary>
internal unsafe interface ITileProcessor
{
    /// <summary>Takes a kernel's machine code, for the rest of the process's life.</summary>
    /// <returns>A handle other than 0.</returns>
    nint Load(byte[] code);

    /// <summary>Executes a kernel.</summary>
    void Run(nint code, TileArguments* arguments);
}

/// <summary>The processor that this process runs on.</summary>
internal sealed unsafe class TileProcessor : ITileProcessor
{
    public static TileProcessor Instance { get; } = new();

    public nint Load(byte[] code) => ExecutableMemory.Instance.Publish(code);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The thread is none of a worker pool's own.</exception>
    public void Run(nint code, TileArguments* arguments)
    {
        RequirePreparedThread();
        ((delegate* unmanaged<TileArguments*, void>)code)(arguments);
    }

    /// <summary>Throws where tile instructions would put the process at risk.</summary>
    public static void RequirePreparedThread()
    {
        if (!TileThread.IsPrepared)
        {
            throw new InvalidOperationException("tile instructions run on a worker pool's own threads only, and the system must let them have a signal stack");
        }
    }
}
