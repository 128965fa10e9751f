using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Attune.Kernels.Cpu;

/// <summary>Pages of memory from a POSIX system, of which only those take memory that are touched, and which go back to it at once.</summary>
internal static unsafe partial class SystemPages
{
    private const int Read = 1;
    private const int Write = 2;
    private const int Private = 0x02;
    private const nint Failed = -1;
    private static readonly int Anonymous = OperatingSystem.IsLinux() ? 0x20 : 0x1000;

    /// <summary>Whether the running system has them.</summary>
    public static bool AreSupported { get; } = !OperatingSystem.IsWindows();

    /// <summary>Takes pages that can be read and written, filled with zeros.</summary>
    /// <exception cref="OutOfMemoryException">The system has not as many.</exception>
    public static byte* Map(long bytes)
    {
        nint address = MapMemory(0, (nuint)bytes, Read | Write, Private | Anonymous, -1, 0);
        return address != Failed
            ? (byte*)address
            : throw new InsufficientMemoryException($"the system has no {bytes} bytes of memory: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <summary>Gives pages back.</summary>
    public static void Unmap(byte* address, long bytes) => _ = UnmapMemory((nint)address, (nuint)bytes);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnmapMemory(nint address, nuint length);
}
