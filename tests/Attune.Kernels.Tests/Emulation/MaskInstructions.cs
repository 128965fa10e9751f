using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Instructions that write mask registers.</summary>
internal static class MaskInstructions
{
    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Kmovw] = static instruction => Move(instruction, sizeof(ushort)),
        [Mnemonic.Kmovd] = static instruction => Move(instruction, sizeof(uint)),
        [Mnemonic.Kmovq] = static instruction => Move(instruction, sizeof(ulong)),
        [Mnemonic.Kshiftrd] = ShiftRight,
        [Mnemonic.Vcmpps] = Compare,
        [Mnemonic.Vpmovb2m] = TakeSigns,
    };

    private static int Number(in Instruction instruction, int operand)
    {
        Register register = instruction.GetOpKind(operand) == OpKind.Register ? instruction.GetOpRegister(operand) : Register.None;
        EmulationException.Require(register.IsK(), $"emulation lacks {instruction}");
        return register - Register.K0;
    }

    private static Action<Processor> Move(in Instruction instruction, int bytes)
    {
        int target = Number(instruction, 0);
        if (instruction.Op1Kind == OpKind.Memory)
        {
            var memory = new MemoryOperand(instruction);
            return processor => processor.Masks[target] = processor.Read(memory.Address(processor), bytes);
        }

        var source = new GeneralOperand(instruction, 1);
        EmulationException.Require(source.Bytes == bytes, $"emulation lacks {instruction}");
        return processor => processor.Masks[target] = source.Read(processor);
    }

    private static Action<Processor> ShiftRight(Instruction instruction)
    {
        int target = Number(instruction, 0);
        int source = Number(instruction, 1);
        int places = instruction.Immediate8;
        return processor => processor.Masks[target] = places < 32 ? (uint)processor.Masks[source] >> places : 0;
    }

    /// <summary>The upper bits of bytes.</summary>
    private static Action<Processor> TakeSigns(Instruction instruction)
    {
        int target = Number(instruction, 0);
        EmulationException.Require(instruction.Op1Register.IsZMM(), $"emulation lacks {instruction}");
        var source = new VectorSource(instruction, 1);
        return processor => processor.Masks[target] = source.Read(processor).AsByte().ExtractMostSignificantBits();
    }

    /// <summary>Lanes that the mask leaves out give 0.</summary>
    private static Action<Processor> Compare(Instruction instruction)
    {
        const int Lanes = 16;
        int target = Number(instruction, 0);
        EmulationException.Require(instruction.Op1Register.IsZMM(), $"emulation lacks {instruction}");
        var mask = new LaneMask(instruction);
        var first = new VectorSource(instruction, 1);
        var second = new VectorSource(instruction, 2);
        Func<Vector512<float>, Vector512<float>, Vector512<float>> relation = instruction.Immediate8 switch
        {
            1 => Vector512.LessThan,
            2 => Vector512.LessThanOrEqual,
            7 => static (a, b) => Vector512.Equals(a, a) & Vector512.Equals(b, b),
            _ => throw new EmulationException($"emulation lacks {instruction}"),
        };
        return processor =>
        {
            ulong lanes = mask.Of(processor, Lanes);
            Vector512<float> truth = relation(first.Read(processor, lanes).AsSingle(), second.Read(processor, lanes).AsSingle());
            processor.Masks[target] = truth.ExtractMostSignificantBits() & lanes;
        };
    }
}
