using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Loads, stores and copies of vectors.</summary>
internal static class VectorMoves
{
    private const int LowVectors = 16;

    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Vmovups] = static instruction => Move(instruction, sizeof(uint)),
        [Mnemonic.Vmovaps] = static instruction => MoveRegister(instruction, sizeof(uint)),
        [Mnemonic.Vmovdqa64] = static instruction => MoveRegister(instruction, sizeof(ulong)),
        [Mnemonic.Vmovdqu8] = static instruction => Move(instruction, sizeof(byte)),
        [Mnemonic.Vmovdqu16] = static instruction => Move(instruction, sizeof(ushort)),
        [Mnemonic.Vmovdqu64] = static instruction => Move(instruction, sizeof(ulong)),
        [Mnemonic.Vmovss] = MoveNumber,
        [Mnemonic.Vbroadcastss] = BroadcastNumber,
        [Mnemonic.Vpbroadcastd] = static instruction => BroadcastRegister(instruction, static value => Vector512.Create(value)),
        [Mnemonic.Vpbroadcastb] = static instruction => BroadcastRegister(instruction, static value => Vector512.Create((byte)value).AsUInt32()),
        [Mnemonic.Vzeroupper] = static _ => ClearUppers,
    };

    private static Action<Processor> Move(Instruction instruction, int laneBytes)
    {
        var target = new VectorTarget(instruction, laneBytes);
        var source = new VectorSource(instruction, 1, laneBytes);
        return processor => target.Write(processor, source.Read(processor, target.Mask(processor)));
    }

    private static Action<Processor> MoveRegister(Instruction instruction, int laneBytes)
    {
        EmulationException.Require(instruction is { Op0Kind: OpKind.Register, Op1Kind: OpKind.Register }, $"emulation lacks {instruction}");
        return Move(instruction, laneBytes);
    }

    /// <summary>From or to memory: the rest of a register becomes 0.</summary>
    private static Action<Processor> MoveNumber(Instruction instruction)
    {
        EmulationException.Require(instruction.OpCount == 2 && !instruction.HasOpMask, $"emulation lacks {instruction}");
        return Move(instruction, sizeof(uint));
    }

    private static Action<Processor> BroadcastNumber(Instruction instruction)
    {
        EmulationException.Require(!instruction.HasOpMask, $"emulation lacks {instruction}");
        var target = new VectorTarget(instruction);
        var source = new VectorSource(instruction, 1);
        return processor => target.Write(processor, Vector512.Create(source.Read(processor).ToScalar()));
    }

    private static Action<Processor> BroadcastRegister(Instruction instruction, Func<uint, Vector512<uint>> create)
    {
        var target = new VectorTarget(instruction);
        var source = new GeneralOperand(instruction, 1);
        EmulationException.Require(source.Bytes == sizeof(uint) && !instruction.HasOpMask, $"emulation lacks {instruction}");
        return processor => target.Write(processor, create((uint)source.Read(processor)));
    }

    private static void ClearUppers(Processor processor)
    {
        for (int i = 0; i < LowVectors; i++)
        {
            processor.Vectors[i] = processor.Vectors[i].GetLower().GetLower().ToVector256().ToVector512();
        }
    }
}
