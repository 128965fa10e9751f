using System.ComponentModel;
using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;

namespace Attune.Kernels.Jit;

/// <summary>Turns machine code into something that can be called.</summary>
/// <remarks>Pages are written first and made executable afterwards; they are never both, so hardened systems allow it.</remarks>
internal interface IExecutableMemory
{
    /// <summary>Copies code to pages of its own, for the rest of the process's life.</summary>
    /// <returns>The address of its first byte.</returns>
    /// <exception cref="Win32Exception">The system refuses executable memory.</exception>
    nint Publish(ReadOnlySpan<byte> code);
}

/// <summary>The executable memory of the running system.</summary>
internal static class ExecutableMemory
{
    public static IExecutableMemory Instance { get; } = OperatingSystem.IsWindows() ? new WindowsExecutableMemory() : new PosixExecutableMemory();
}

/// <summary>mmap and mprotect.</summary>
internal sealed unsafe partial class PosixExecutableMemory : IExecutableMemory
{
    private const int Read = 1;
    private const int Execute = 4;

    public nint Publish(ReadOnlySpan<byte> code)
    {
        byte* address = SystemPages.Map(code.Length);
        code.CopyTo(new Span<byte>(address, code.Length));
        return ProtectMemory((nint)address, (nuint)code.Length, Read | Execute) == 0
            ? (nint)address
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "the system refuses to make machine code executable");
    }

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ProtectMemory(nint address, nuint length, int protection);
}

/// <summary>VirtualAlloc and VirtualProtect.</summary>
internal sealed unsafe partial class WindowsExecutableMemory : IExecutableMemory
{
    private const uint CommitAndReserve = 0x3000;
    private const uint ReadWrite = 0x04;
    private const uint ExecuteRead = 0x20;

    public nint Publish(ReadOnlySpan<byte> code)
    {
        nint address = VirtualAlloc(0, (nuint)code.Length, CommitAndReserve, ReadWrite);
        if (address == 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "no memory for machine code");
        }

        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (!VirtualProtect(address, (nuint)code.Length, ExecuteRead, out _) || !FlushInstructionCache(-1, address, (nuint)code.Length))
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "the system refuses to make machine code executable");
        }

        return address;
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool VirtualProtect(nint address, nuint size, uint protection, out uint previous);

    [LibraryImport("kernel32", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushInstructionCache(nint process, nint address, nuint size);
}
