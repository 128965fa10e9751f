using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Jit;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using CallingConvention = Attune.Kernels.Jit.CallingConvention;

namespace Attune.Kernels.Cpu;

/// <summary>Whether this process may use AMX tiles; the first question asks the system for permission, so ask before threads start.</summary>
internal static unsafe partial class TileSupport
{
    private const int ArchPrctl = 158;
    private const int RequestStatePermission = 0x1023;
    private const int TileData = 18;

    // Bits 17 and 18 of XCR0: the system keeps the configuration and the data of tiles over a switch of threads.
    private const ulong TileState = 3UL << 17;

    /// <summary>Linux on x64, a processor with bf16 tiles of the size that kernels are written for, and a system that keeps them.</summary>
    public static bool IsPresent { get; } =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64 && HasInstructions() && SystemKeepsTiles();

    /// <summary>Whether tiles are there and the system permits them.</summary>
    public static bool IsAvailable { get; } = IsPresent && RequestPermission();

    private static bool HasInstructions()
    {
        const int TileLeaf = 0x1D;
        const int AmxBF16 = 1 << 22;
        const int AmxTile = 1 << 24;
        const int SystemUsesXSave = 1 << 27;
        if (!X86Base.IsSupported
            || X86Base.CpuId(0, 0).Eax < TileLeaf
            || (X86Base.CpuId(7, 0).Edx & (AmxBF16 | AmxTile)) != (AmxBF16 | AmxTile)
            || (X86Base.CpuId(1, 0).Ecx & SystemUsesXSave) == 0)
        {
            return false;
        }

        // Palette 1: eight tiles of 16 rows of 64 bytes.
        (int tileBytes, int names, int rows, _) = X86Base.CpuId(TileLeaf, 1);
        return tileBytes >>> 16 == TileConfiguration.TileBytes
            && (names & 0xFFFF) == TileConfiguration.RowBytes && names >>> 16 == TileConfiguration.Tiles
            && (rows & 0xFFFF) == TileConfiguration.Rows;
    }

    /// <summary>Reads XCR0, for which .NET has no function: the registers that the system keeps. The processor must have XGETBV, and the system must use it.</summary>
    /// <exception cref="Win32Exception">The system refuses executable memory.</exception>
    internal static ulong ReadKeptState()
    {
        var code = new Assembler(64);
        CallingConvention.Enter(code);
        code.xor(ecx, ecx);
        code.xgetbv();
        code.mov(__dword_ptr[r11], eax);
        code.mov(__dword_ptr[r11 + sizeof(uint)], edx);
        CallingConvention.Leave(code);
        ulong state;
        ((delegate* unmanaged<ulong*, void>)ExecutableMemory.Instance.Publish(CallingConvention.Assemble(code)))(&state);
        return state;
    }

    /// <summary>Asks Linux to let this process's threads use tiles; false where it does not.</summary>
    internal static bool RequestPermission() => SystemCall(ArchPrctl, RequestStatePermission, TileData) == 0;

    private static bool SystemKeepsTiles()
    {
        try
        {
            return (ReadKeptState() & TileState) == TileState;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint first, nint second);
}
