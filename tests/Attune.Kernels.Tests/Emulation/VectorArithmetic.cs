using System.Runtime.Intrinsics;
using Iced.Intel;

namespace Attune.Kernels.Tests.Emulation;

/// <summary>Arithmetic and logic on lanes of 4 bytes.</summary>
internal static class VectorArithmetic
{
    private delegate Vector512<uint> Unary(Vector512<uint> a);

    private delegate Vector512<uint> Binary(Vector512<uint> a, Vector512<uint> b);

    /// <summary>An operation whose first operand is what the target held.</summary>
    private delegate Vector512<uint> Ternary(Vector512<uint> target, Vector512<uint> a, Vector512<uint> b);

    public static IEnumerable<KeyValuePair<Mnemonic, Func<Instruction, Action<Processor>>>> Known { get; } = new Dictionary<Mnemonic, Func<Instruction, Action<Processor>>>
    {
        [Mnemonic.Vaddps] = static instruction => Of(instruction, Add),
        [Mnemonic.Vmulps] = static instruction => Of(instruction, Multiply),
        [Mnemonic.Vmaxps] = static instruction => Of(instruction, Larger),
        [Mnemonic.Vminps] = static instruction => Of(instruction, Smaller),
        [Mnemonic.Vaddss] = static instruction => OfFirstLane(instruction, Add),
        [Mnemonic.Vmulss] = static instruction => OfFirstLane(instruction, Multiply),
        [Mnemonic.Vmaxss] = static instruction => OfFirstLane(instruction, Larger),
        [Mnemonic.Vfmadd213ps] = static instruction => Of(instruction, static (target, a, b) => Fused(a, target, b)),
        [Mnemonic.Vfmadd231ps] = static instruction => Of(instruction, static (target, a, b) => Fused(a, b, target)),
        [Mnemonic.Vfmsub213ps] = static instruction => Of(instruction, static (target, a, b) => Fused(a, target, Negated(b))),
        [Mnemonic.Vfnmadd213ps] = static instruction => Of(instruction, static (target, a, b) => Fused(Negated(a), target, b)),
        [Mnemonic.Vdpbf16ps] = static instruction => Of(instruction, BrainFloat.AddProducts),
        [Mnemonic.Vpdpbusd] = static instruction => Of(instruction, AddProductsOfBytes),
        [Mnemonic.Vscalefps] = static instruction => Of(instruction, Lanes.Pairwise(ScalarFunctions.Scale)),
        [Mnemonic.Vreduceps] = Reduce,
        [Mnemonic.Vrcp14ps] = static instruction => Of(instruction, Lanes.Each(ScalarFunctions.Reciprocal)),
        [Mnemonic.Vxorps] = static instruction => Of(instruction, static (a, b) => a ^ b),
        [Mnemonic.Vpxord] = static instruction => Of(instruction, static (a, b) => a ^ b),
        [Mnemonic.Vpandd] = static instruction => Of(instruction, static (a, b) => a & b),
        [Mnemonic.Vpaddd] = static instruction => Of(instruction, static (a, b) => a + b),
        [Mnemonic.Vpslld] = static instruction => Shift(instruction, static (a, places) => a << places),
        [Mnemonic.Vpsrld] = static instruction => Shift(instruction, static (a, places) => a >>> places),
        [Mnemonic.Vpternlogd] = Choose,
    };

    private static Vector512<uint> Add(Vector512<uint> a, Vector512<uint> b) => (a.AsSingle() + b.AsSingle()).AsUInt32();

    private static Vector512<uint> Multiply(Vector512<uint> a, Vector512<uint> b) => (a.AsSingle() * b.AsSingle()).AsUInt32();

    /// <summary>The second operand where one of them is NaN or both are 0.</summary>
    private static Vector512<uint> Larger(Vector512<uint> a, Vector512<uint> b) => Vector512.ConditionalSelect(Vector512.GreaterThan(a.AsSingle(), b.AsSingle()).AsUInt32(), a, b);

    private static Vector512<uint> Smaller(Vector512<uint> a, Vector512<uint> b) => Vector512.ConditionalSelect(Vector512.LessThan(a.AsSingle(), b.AsSingle()).AsUInt32(), a, b);

    private static Vector512<uint> Fused(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).AsUInt32();

    private static Vector512<uint> Negated(Vector512<uint> a) => a ^ Vector512.Create(0x8000_0000);

    /// <summary>Unsigned bytes on the left, signed ones on the right.</summary>
    private static Vector512<uint> AddProductsOfBytes(Vector512<uint> target, Vector512<uint> a, Vector512<uint> b)
    {
        Vector512<int> sum = target.AsInt32();
        for (int place = 0; place < 32; place += 8)
        {
            sum += ((a >>> place) & Vector512.Create(0xFFu)).AsInt32() * (b.AsInt32() << (24 - place) >> 24);
        }

        return sum.AsUInt32();
    }

    private static Action<Processor> Of(in Instruction instruction, Unary operation)
    {
        var target = new VectorTarget(instruction);
        var source = new VectorSource(instruction, 1);
        return processor => target.Write(processor, operation(source.Read(processor, target.Mask(processor))));
    }

    private static Action<Processor> Of(in Instruction instruction, Binary operation)
    {
        var target = new VectorTarget(instruction);
        var first = new VectorSource(instruction, 1);
        var second = new VectorSource(instruction, 2);
        return processor => target.Write(processor, operation(first.Read(processor), second.Read(processor, target.Mask(processor))));
    }

    private static Action<Processor> Of(in Instruction instruction, Ternary operation)
    {
        var target = new VectorTarget(instruction);
        var first = new VectorSource(instruction, 1);
        var second = new VectorSource(instruction, 2);
        return processor => target.Write(processor, operation(target.Before(processor), first.Read(processor), second.Read(processor, target.Mask(processor))));
    }

    /// <summary>The other lanes of the target become those of the first operand.</summary>
    private static Action<Processor> OfFirstLane(in Instruction instruction, Binary operation)
    {
        EmulationException.Require(!instruction.HasOpMask, $"emulation lacks {instruction}");
        var target = new VectorTarget(instruction);
        var first = new VectorSource(instruction, 1);
        var second = new VectorSource(instruction, 2);
        return processor =>
        {
            Vector512<uint> a = first.Read(processor);
            target.Write(processor, a.WithElement(0, operation(a, second.Read(processor)).ToScalar()));
        };
    }

    private static Action<Processor> Shift(in Instruction instruction, Func<Vector512<uint>, int, Vector512<uint>> operation)
    {
        EmulationException.Require(instruction.Op2Kind == OpKind.Immediate8 && instruction.Immediate8 < 32, $"emulation lacks {instruction}");
        int places = instruction.Immediate8;
        return Of(instruction, a => operation(a, places));
    }

    /// <summary>x less x rounded down.</summary>
    private static Action<Processor> Reduce(Instruction instruction)
    {
        const byte RoundDownQuietly = 9;
        EmulationException.Require(instruction.Immediate8 == RoundDownQuietly, $"emulation lacks {instruction}");
        return Of(instruction, Lanes.Each(ScalarFunctions.Fraction));
    }

    /// <summary>Bit by bit the entry of a table of 8 bits that the three operands choose.</summary>
    private static Action<Processor> Choose(Instruction instruction)
    {
        int table = instruction.Immediate8;
        return Of(instruction, (target, a, b) =>
        {
            Vector512<uint> result = default;
            for (int entry = 0; entry < 8; entry++)
            {
                if ((table >> entry & 1) != 0)
                {
                    result |= ((entry & 4) != 0 ? target : ~target) & ((entry & 2) != 0 ? a : ~a) & ((entry & 1) != 0 ? b : ~b);
                }
            }

            return result;
        });
    }

    /// <summary>Operations that are done number by number.</summary>
    private static class Lanes
    {
        public static Unary Each(Func<float, float> function) => a =>
        {
            Span<float> numbers = stackalloc float[Vector512<float>.Count];
            a.AsSingle().CopyTo(numbers);
            foreach (ref float number in numbers)
            {
                number = function(number);
            }

            return Vector512.Create<float>(numbers).AsUInt32();
        };

        public static Binary Pairwise(Func<float, float, float> function) => (a, b) =>
        {
            Span<float> numbers = stackalloc float[Vector512<float>.Count];
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = function(a.AsSingle().GetElement(i), b.AsSingle().GetElement(i));
            }

            return Vector512.Create<float>(numbers).AsUInt32();
        };
    }
}
