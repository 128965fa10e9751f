using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Emitted SwiGLU beside double precision.</summary>
public sealed unsafe class SwiGluCodeTests
{
    private const int Longest = 100;
    private const ushort Untouched = 0x5A5A;

    // Reciprocals of other processors differ in their last bits.
    private static readonly EmulatedFunction<SwiGluArguments> EmulatedForward = new(static code => SwiGluEmitter.Emit(code, isGradient: false), isAvailable: false);
    private static readonly EmulatedFunction<SwiGluArguments> EmulatedGradient = new(static code => SwiGluEmitter.Emit(code, isGradient: true), isAvailable: false);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Runs_of_every_length_equal_double_precision(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        var random = new Random(1);
        using var memory = new AlignedBuffer(5 * Longest * sizeof(ushort));
        for (int count = 0; count < Longest; count++)
        {
            Span<ushort> gate = Run(memory, 0);
            Span<ushort> up = Run(memory, 1);
            Span<ushort> upstream = Run(memory, 2);
            Span<ushort> first = Run(memory, 3);
            Span<ushort> second = Run(memory, 4);
            for (int i = 0; i < Longest; i++)
            {
                gate[i] = BFloat16.FromSingle((random.NextSingle() - 0.5f) * (i % 3 == 0 ? 200 : 10));
                up[i] = BFloat16.FromSingle(random.NextSingle() - 0.5f);
                upstream[i] = BFloat16.FromSingle(random.NextSingle() - 0.5f);
            }

            Run(emulated, memory, count, isGradient: false);
            for (int i = 0; i < count; i++)
            {
                (double x, double s) = Gate(gate[i]);
                Near(x * s * BFloat16.ToSingle(up[i]), first[i]);
            }

            Assert.Equal(-1, first[count..].IndexOfAnyExcept(Untouched));
            Run(emulated, memory, count, isGradient: true);
            for (int i = 0; i < count; i++)
            {
                (double x, double s) = Gate(gate[i]);
                double dY = BFloat16.ToSingle(upstream[i]);
                Near(dY * BFloat16.ToSingle(up[i]) * s * (1 + (x * (1 - s))), first[i]);
                Near(dY * x * s, second[i]);
            }

            Assert.Equal(-1, first[count..].IndexOfAnyExcept(Untouched));
            Assert.Equal(-1, second[count..].IndexOfAnyExcept(Untouched));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Numbers_that_are_none_stay_none(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        using var memory = new AlignedBuffer(5 * Longest * sizeof(ushort));
        for (int place = 0; place < 3; place++)
        {
            for (int run = 0; run < 3; run++)
            {
                Run(memory, run).Fill(BFloat16.FromSingle(run == place ? float.NaN : 1));
            }

            Run(emulated, memory, 3, isGradient: true);
            Assert.True(float.IsNaN(BFloat16.ToSingle(Run(memory, 3)[0])));
            Assert.Equal(place != 1, float.IsNaN(BFloat16.ToSingle(Run(memory, 4)[0])));
            Run(emulated, memory, 3, isGradient: false);
            Assert.Equal(place != 2, float.IsNaN(BFloat16.ToSingle(Run(memory, 3)[0])));
        }
    }

    private static (double X, double Sigmoid) Gate(ushort bits)
    {
        double x = BFloat16.ToSingle(bits);
        return (x, 1 / (1 + Math.Exp(-x)));
    }

    /// <summary>Half a unit of bf16, and what the end of e^-x leaves.</summary>
    private static void Near(double expected, ushort actual) => Assert.Equal(expected, BFloat16.ToSingle(actual), (Math.Abs(expected) * 1.001 / 256) + 1e-35);

    private static Span<ushort> Run(AlignedBuffer memory, int index) => new((ushort*)memory.Pointer + (index * Longest), Longest);

    private static void Run(bool emulated, AlignedBuffer memory, int count, bool isGradient)
    {
        Run(memory, 3).Fill(Untouched);
        Run(memory, 4).Fill(Untouched);
        fixed (ushort* gate = Run(memory, 0), up = Run(memory, 1), upstream = Run(memory, 2), first = Run(memory, 3), second = Run(memory, 4))
        {
            var arguments = new SwiGluArguments { Gate = (byte*)gate, Up = (byte*)up, Upstream = (byte*)upstream, First = (byte*)first, Second = (byte*)second, Count = count };
            if (emulated)
            {
                Emulate(&arguments, isGradient);
            }
            else if (isGradient)
            {
                SwiGluCode.Gradient(&arguments);
            }
            else
            {
                SwiGluCode.Forward(&arguments);
            }
        }
    }
    private static void Emulate(SwiGluArguments* arguments, bool isGradient)
    {
        nint bytes = arguments->Count * sizeof(ushort);
        var map = new MemoryMap();
        map.Allow("gate", arguments->Gate, bytes, writable: false);
        map.Allow("up", arguments->Up, bytes, writable: false);
        map.Allow("the first result", arguments->First, bytes, writable: true);
        if (isGradient)
        {
            map.Allow("dY", arguments->Upstream, bytes, writable: false);
            map.Allow("the second result", arguments->Second, bytes, writable: true);
        }

        (isGradient ? EmulatedGradient : EmulatedForward).Run(arguments, map);
    }
}
