using System.Numerics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>The mask of an instruction: which lanes it computes, and what becomes of the others.</summary>
internal readonly struct LaneMask
{
    private readonly int _register;

    public LaneMask(in Instruction instruction)
    {
        _register = instruction.HasOpMask ? instruction.OpMask - Register.K0 : -1;
        Zeroes = instruction.ZeroingMasking;
    }

    /// <summary>Whether all lanes are computed.</summary>
    public bool IsNone => _register < 0;

    /// <summary>Whether lanes that are left out become 0; else they stay what they are.</summary>
    public bool Zeroes { get; }

    /// <summary>One bit per lane that is computed.</summary>
    public ulong Of(Processor processor, int lanes) => (IsNone ? ulong.MaxValue : processor.Masks[_register]) & All(lanes);

    /// <summary>A mask of all lanes.</summary>
    public static ulong All(int lanes) => lanes == 64 ? ulong.MaxValue : (1ul << lanes) - 1;

    /// <summary>The runs of lanes that a mask names: only their memory is touched.</summary>
    public static IEnumerable<(int First, int Count)> Runs(ulong mask)
    {
        while (mask != 0)
        {
            int first = BitOperations.TrailingZeroCount(mask);
            int count = BitOperations.TrailingZeroCount(~(mask >> first));
            yield return (first, count);
            mask &= first + count == 64 ? 0 : ulong.MaxValue << (first + count);
        }
    }
}
