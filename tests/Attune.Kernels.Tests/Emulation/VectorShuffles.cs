using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Instructions that move elements to other places.</summary>
internal static class VectorShuffles
{
    private const int GroupBytes = 16;
    private const int VectorBytes = 64;

    /// <summary>Fills a target from two operands.</summary>
    private delegate void Shuffle(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, Span<byte> target);

    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Vunpcklps] = static instruction => Unpack(instruction, sizeof(uint), upper: false),
        [Mnemonic.Vunpckhps] = static instruction => Unpack(instruction, sizeof(uint), upper: true),
        [Mnemonic.Vunpcklpd] = static instruction => Unpack(instruction, sizeof(ulong), upper: false),
        [Mnemonic.Vunpckhpd] = static instruction => Unpack(instruction, sizeof(ulong), upper: true),
        [Mnemonic.Vpunpcklwd] = static instruction => Unpack(instruction, sizeof(ushort), upper: false),
        [Mnemonic.Vpunpckhwd] = static instruction => Unpack(instruction, sizeof(ushort), upper: true),
        [Mnemonic.Vshuff32x4] = ChooseGroups,
        [Mnemonic.Vpermw] = PermuteWords,
        [Mnemonic.Vpermilps] = PermuteWithinGroups,
        [Mnemonic.Vextractf32x4] = static instruction => Extract(instruction, GroupBytes),
        [Mnemonic.Vextractf64x4] = static instruction => Extract(instruction, 2 * GroupBytes),
    };

    /// <summary>The elements of the lower or upper halves of each 16 bytes of both operands in turn.</summary>
    private static Action<Processor> Unpack(in Instruction instruction, int bytes, bool upper)
    {
        int start = upper ? GroupBytes / 2 : 0;
        return OfTwo(instruction, (a, b, target) =>
        {
            for (int group = 0; group < VectorBytes; group += GroupBytes)
            {
                for (int element = 0; element < GroupBytes / 2; element += bytes)
                {
                    int source = group + start + element;
                    a.Slice(source, bytes).CopyTo(target[(group + (2 * element))..]);
                    b.Slice(source, bytes).CopyTo(target[(group + (2 * element) + bytes)..]);
                }
            }
        });
    }

    /// <summary>Two groups of 16 bytes of the first operand, then two of the second.</summary>
    private static Action<Processor> ChooseGroups(Instruction instruction)
    {
        int choice = instruction.Immediate8;
        return OfTwo(instruction, (a, b, target) =>
        {
            for (int group = 0; group < 4; group++)
            {
                int source = (choice >> (2 * group) & 3) * GroupBytes;
                (group < 2 ? a : b).Slice(source, GroupBytes).CopyTo(target[(group * GroupBytes)..]);
            }
        });
    }

    /// <summary>The first operand says which words of the second come where.</summary>
    private static Action<Processor> PermuteWords(Instruction instruction) => OfTwo(instruction, static (a, b, target) =>
    {
        ReadOnlySpan<ushort> places = MemoryMarshal.Cast<byte, ushort>(a);
        for (int i = 0; i < places.Length; i++)
        {
            b.Slice((places[i] & (places.Length - 1)) * sizeof(ushort), sizeof(ushort)).CopyTo(target[(i * sizeof(ushort))..]);
        }
    });

    private static Action<Processor> PermuteWithinGroups(Instruction instruction)
    {
        EmulationException.Require(instruction.Op2Kind == OpKind.Immediate8 && !instruction.HasOpMask, $"emulation lacks {instruction}");
        int choice = instruction.Immediate8;
        return OfOne(instruction, (a, _, target) =>
        {
            for (int i = 0; i < VectorBytes / sizeof(uint); i++)
            {
                int source = (i & ~3) + (choice >> (2 * (i & 3)) & 3);
                a.Slice(source * sizeof(uint), sizeof(uint)).CopyTo(target[(i * sizeof(uint))..]);
            }
        });
    }

    private static Action<Processor> Extract(in Instruction instruction, int bytes)
    {
        EmulationException.Require(!instruction.HasOpMask, $"emulation lacks {instruction}");
        int start = instruction.Immediate8 * bytes;
        return OfOne(instruction, (a, _, target) => a.Slice(start, bytes).CopyTo(target));
    }

    private static Action<Processor> OfOne(in Instruction instruction, Shuffle shuffle)
    {
        var target = new VectorTarget(instruction);
        var source = new VectorSource(instruction, 1);
        return processor => target.Write(processor, Shuffled(source.Read(processor), default, shuffle));
    }

    private static Action<Processor> OfTwo(in Instruction instruction, Shuffle shuffle)
    {
        EmulationException.Require(!instruction.HasOpMask && instruction.Op0Register.IsZMM(), $"emulation lacks {instruction}");
        var target = new VectorTarget(instruction);
        var first = new VectorSource(instruction, 1);
        var second = new VectorSource(instruction, 2);
        return processor => target.Write(processor, Shuffled(first.Read(processor), second.Read(processor), shuffle));
    }

    private static Vector512<uint> Shuffled(Vector512<uint> a, Vector512<uint> b, Shuffle shuffle)
    {
        Span<byte> bytes = stackalloc byte[3 * VectorBytes];
        a.AsByte().CopyTo(bytes);
        b.AsByte().CopyTo(bytes[VectorBytes..]);
        Span<byte> target = bytes[(2 * VectorBytes)..];
        target.Clear();
        shuffle(bytes[..VectorBytes], bytes.Slice(VectorBytes, VectorBytes), target);
        return Vector512.Create<uint>(MemoryMarshal.Cast<byte, uint>(target));
    }
}
