using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Arithmetic on lanes of 1 and 2 bytes, and the choice among bytes.</summary>
internal static class ByteInstructions
{
    private const int Bytes = 64;

    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Vpsubb] = Subtract,
        [Mnemonic.Vpsllw] = static instruction => Shift(instruction, static (a, places) => a << places),
        [Mnemonic.Vpsrlw] = static instruction => Shift(instruction, static (a, places) => a >>> places),
        [Mnemonic.Vpermi2b] = LookUp,
        [Mnemonic.Vpblendmb] = Blend,
    };

    private static Action<Processor> Subtract(Instruction instruction)
    {
        var target = new VectorTarget(instruction, sizeof(byte));
        var first = new VectorSource(instruction, 1, sizeof(byte));
        var second = new VectorSource(instruction, 2, sizeof(byte));
        return processor => target.Write(processor, (first.Read(processor).AsByte() - second.Read(processor, target.Mask(processor)).AsByte()).AsUInt32());
    }

    private static Action<Processor> Shift(in Instruction instruction, Func<Vector512<ushort>, int, Vector512<ushort>> operation)
    {
        EmulationException.Require(instruction.Op2Kind == OpKind.Immediate8 && instruction.Immediate8 < 16, $"emulation lacks {instruction}");
        int places = instruction.Immediate8;
        var target = new VectorTarget(instruction, sizeof(ushort));
        var source = new VectorSource(instruction, 1, sizeof(ushort));
        return processor => target.Write(processor, operation(source.Read(processor, target.Mask(processor)).AsUInt16(), places).AsUInt32());
    }

    /// <summary>The lower seven bits of the target's bytes choose among the bytes of both operands.</summary>
    private static Action<Processor> LookUp(Instruction instruction)
    {
        EmulationException.Require(!instruction.HasOpMask && instruction.Op0Register.IsZMM(), $"emulation lacks {instruction}");
        var target = new VectorTarget(instruction, sizeof(byte));
        var first = new VectorSource(instruction, 1, sizeof(byte));
        var second = new VectorSource(instruction, 2, sizeof(byte));
        return processor =>
        {
            Span<byte> table = stackalloc byte[2 * Bytes];
            first.Read(processor).AsByte().CopyTo(table);
            second.Read(processor).AsByte().CopyTo(table[Bytes..]);
            Span<byte> bytes = stackalloc byte[Bytes];
            target.Before(processor).AsByte().CopyTo(bytes);
            foreach (ref byte each in bytes)
            {
                each = table[each % (2 * Bytes)];
            }

            target.Write(processor, Vector512.Create<byte>(bytes).AsUInt32());
        };
    }

    /// <summary>Bytes of the second operand where the mask says so, else of the first.</summary>
    private static Action<Processor> Blend(Instruction instruction)
    {
        EmulationException.Require(instruction.HasOpMask && !instruction.ZeroingMasking && instruction.Op0Register.IsZMM(), $"emulation lacks {instruction}");
        int target = VectorTarget.NumberOf(instruction.Op0Register);
        var mask = new LaneMask(instruction);
        var first = new VectorSource(instruction, 1, sizeof(byte));
        var second = new VectorSource(instruction, 2, sizeof(byte));
        return processor =>
        {
            Span<byte> blended = stackalloc byte[Bytes];
            first.Read(processor).AsByte().CopyTo(blended);
            ulong chosen = mask.Of(processor, Bytes);
            Vector512<byte> others = second.Read(processor, chosen).AsByte();
            for (int i = 0; i < Bytes; i++)
            {
                blended[i] = (chosen >> i & 1) != 0 ? others.GetElement(i) : blended[i];
            }

            processor.Vectors[target] = Vector512.Create<byte>(blended).AsUInt32();
        };
    }
}
