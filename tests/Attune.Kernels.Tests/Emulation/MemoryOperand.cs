using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Base, index and displacement of a memory operand.</summary>
internal readonly struct MemoryOperand
{
    private readonly int _base;
    private readonly int _index;
    private readonly ulong _scale;
    private readonly ulong _displacement;

    public MemoryOperand(in Instruction instruction)
    {
        EmulationException.Require(
            (IsPlain(instruction.MemoryBase) || instruction.IsIPRelativeMemoryOperand) && IsPlain(instruction.MemoryIndex) && instruction.SegmentPrefix == Register.None, $"emulation lacks the address of {instruction}");

        // Of an operand beside the code the displacement is the address.
        _base = instruction.IsIPRelativeMemoryOperand ? -1 : NumberOf(instruction.MemoryBase);
        _index = NumberOf(instruction.MemoryIndex);
        _scale = (ulong)instruction.MemoryIndexScale;
        _displacement = instruction.MemoryDisplacement64;
    }

    /// <summary>Where it is.</summary>
    public ulong Address(Processor processor) => Base(processor) + Stride(processor);

    /// <summary>Where it is without its index.</summary>
    public ulong Base(Processor processor) => (_base < 0 ? 0 : processor.General[_base]) + _displacement;

    /// <summary>Its index, scaled; 0 where there is none.</summary>
    public ulong Stride(Processor processor) => _index < 0 ? 0 : processor.General[_index] * _scale;

    private static bool IsPlain(Register register) => register == Register.None || register.IsGPR64();

    private static int NumberOf(Register register) => register == Register.None ? -1 : register - Register.RAX;
}
