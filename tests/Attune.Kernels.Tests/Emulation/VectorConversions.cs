using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Conversions between types of lanes.</summary>
internal static class VectorConversions
{
    private const int Words = 32;

    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Vcvtdq2ps] = static instruction => Of(instruction, sizeof(uint), sizeof(uint), static a => Vector512.ConvertToSingle(a.AsInt32()).AsUInt32()),
        [Mnemonic.Vcvtph2ps] = static instruction => Of(instruction, sizeof(ushort), sizeof(uint), static a => Widen(a, static word => BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf(word)))),
        [Mnemonic.Vpmovzxwd] = static instruction => Of(instruction, sizeof(ushort), sizeof(uint), static a => Widen(a, static word => word)),
        [Mnemonic.Vpmovdw] = static instruction => Of(instruction, sizeof(uint), sizeof(ushort), static a => Narrow(a, default)),
        [Mnemonic.Vcvtneps2bf16] = static instruction => Of(instruction, sizeof(uint), sizeof(ushort), static a => Narrow(BrainFloat.Round(a), default)),
        [Mnemonic.Vcvtne2ps2bf16] = RoundTwo,
    };

    private static Action<Processor> Of(Instruction instruction, int sourceBytes, int targetBytes, Func<Vector512<uint>, Vector512<uint>> operation)
    {
        EmulationException.Require(instruction.Op0Kind == OpKind.Memory || instruction.Op0Register.IsZMM() || targetBytes < sourceBytes, $"emulation lacks {instruction}");
        var target = new VectorTarget(instruction, targetBytes);
        var source = new VectorSource(instruction, 1, sourceBytes);
        return processor => target.Write(processor, operation(source.Read(processor, target.Mask(processor))));
    }

    /// <summary>The last operand becomes the lower half.</summary>
    private static Action<Processor> RoundTwo(Instruction instruction)
    {
        EmulationException.Require(!instruction.HasOpMask && instruction.Op0Register.IsZMM(), $"emulation lacks {instruction}");
        var target = new VectorTarget(instruction, sizeof(ushort));
        var upper = new VectorSource(instruction, 1);
        var lower = new VectorSource(instruction, 2);
        return processor => target.Write(processor, Narrow(BrainFloat.Round(lower.Read(processor)), BrainFloat.Round(upper.Read(processor))));
    }

    /// <summary>The lower halves of 32 lanes.</summary>
    private static Vector512<uint> Narrow(Vector512<uint> lower, Vector512<uint> upper)
    {
        Vector512<uint> mask = Vector512.Create(0xFFFFu);
        return Vector512.Narrow(lower & mask, upper & mask).AsUInt32();
    }

    private static Vector512<uint> Widen(Vector512<uint> a, Func<ushort, uint> function)
    {
        Span<ushort> words = stackalloc ushort[Words];
        a.AsUInt16().CopyTo(words);
        Span<uint> wide = stackalloc uint[Words / 2];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = function(words[i]);
        }

        return Vector512.Create<uint>(wide);
    }
}
