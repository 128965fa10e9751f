using System.Runtime.InteropServices;

namespace Attune.Kernels.Cpu;

/// <summary>Prepares a thread of the engine's own for tile instructions, until it is disposed of on that thread.</summary>
/// <remarks>
/// Once a thread has used tiles, the frame that Linux writes for a signal grows by their 8 KB. .NET handles null references as signals on an alternate stack of 16 KB, which the frame
/// overflows: the process ends. A prepared thread has a larger one, so tiles are used on prepared threads only.
/// </remarks>
internal sealed unsafe partial class TileThread : IDisposable
{
    private const int StackBytes = 64 << 10;

    [ThreadStatic]
    private static bool _prepared;

    private readonly byte* _memory = (byte*)NativeMemory.Alloc(StackBytes);
    private SignalStack _runtimes;

    private TileThread()
    {
    }

    /// <summary>Whether the current thread may use tiles.</summary>
    public static bool IsPrepared => _prepared;

    /// <summary>Prepares the current thread, on a machine with tiles; null where the system refuses.</summary>
    public static TileThread? TryPrepare()
    {
        var thread = new TileThread();
        var stack = new SignalStack { Start = thread._memory, Bytes = StackBytes };
        if (SetSignalStack(&stack, out thread._runtimes) != 0)
        {
            NativeMemory.Free(thread._memory);
            return null;
        }

        _prepared = true;
        return thread;
    }

    /// <summary>Gives the thread the runtime's stack back, which frees it when the thread ends.</summary>
    public void Dispose()
    {
        _prepared = false;
        SignalStack runtimes = _runtimes;
        if (SetSignalStack(&runtimes, out _) == 0)
        {
            NativeMemory.Free(_memory);
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaltstack")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetSignalStack(SignalStack* stack, out SignalStack previous);

    /// <summary><c>stack_t</c> of Linux on 64-bit processors.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalStack
    {
        public byte* Start;
        public int Flags;
        public nuint Bytes;
    }
}
