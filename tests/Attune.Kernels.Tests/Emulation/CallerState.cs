using System.Runtime.Intrinsics;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>What a caller wants back from a function, by the calling convention of the system that code was emitted for.</summary>
internal sealed class CallerState
{
    private const int FirstSavedVector = 6;
    private const int LowVectors = 16;

    // rbx, rbp, r12 to r15; on Windows rsi and rdi, too.
    private static readonly int[] SavedRegisters = OperatingSystem.IsWindows() ? [3, 5, 6, 7, 12, 13, 14, 15] : [3, 5, 12, 13, 14, 15];
    private static readonly int ArgumentRegister = OperatingSystem.IsWindows() ? 1 : 7;

    private readonly ulong[] _general;
    private readonly Vector128<uint>[] _vectors;

    private CallerState(Processor processor)
    {
        _general = [.. SavedRegisters.Select(register => processor.General[register])];
        _vectors = [.. processor.Vectors[..LowVectors].Select(static vector => vector.GetLower().GetLower())];
    }

    /// <summary>Puts the argument where the function expects it, and remembers the rest.</summary>
    public static unsafe CallerState Of(Processor processor, void* argument)
    {
        processor.General[ArgumentRegister] = (ulong)argument;
        return new CallerState(processor);
    }

    /// <summary>Checks what is there after the function.</summary>
    public void Check(Processor processor)
    {
        for (int i = 0; i < SavedRegisters.Length; i++)
        {
            EmulationException.Require(processor.General[SavedRegisters[i]] == _general[i], $"does not restore general register {SavedRegisters[i]}");
        }

        for (int i = FirstSavedVector; i < LowVectors && OperatingSystem.IsWindows(); i++)
        {
            EmulationException.Require(processor.Vectors[i].GetLower().GetLower() == _vectors[i], $"does not restore xmm{i}");
        }

        EmulationException.Require(
            processor.Vectors[..LowVectors].All(static vector => vector == vector.GetLower().GetLower().ToVector256().ToVector512()), "does not clear the upper halves of vectors");
        EmulationException.Require(processor.Tiles.AreReleased, "does not release the tiles");
    }
}
