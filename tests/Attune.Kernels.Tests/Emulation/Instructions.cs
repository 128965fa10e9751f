using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>All instructions that emulation has.</summary>
internal static class Instructions
{
    private static readonly Dictionary<Mnemonic, Func<Instruction, Action<Processor>>> Known = new(
        GeneralInstructions.Known
            .Concat(MaskInstructions.Known)
            .Concat(VectorMoves.Known)
            .Concat(VectorArithmetic.Known)
            .Concat(ByteInstructions.Known)
            .Concat(VectorShuffles.Known)
            .Concat(VectorConversions.Known)
            .Concat(TileInstructions.Known));

    /// <summary>What executes an instruction.</summary>
    /// <exception cref="EmulationException">Emulation lacks it.</exception>
    public static Action<Processor> Of(in Instruction instruction)
    {
        bool plain = instruction.RoundingControl == RoundingControl.None && !instruction.SuppressAllExceptions && !instruction.HasLockPrefix && !instruction.HasRepPrefix;
        return plain && Known.TryGetValue(instruction.Mnemonic, out Func<Instruction, Action<Processor>>? create)
            ? create(instruction)
            : throw new EmulationException($"emulation lacks {instruction}");
    }
}
