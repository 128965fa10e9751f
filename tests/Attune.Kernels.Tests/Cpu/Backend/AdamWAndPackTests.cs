using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

public sealed class AdamWAndPackTests
{
    private static readonly AdamWStep Step = new(1e-2, 0.9, 0.95, 1e-8, 0.1, 3, 0.5);
    private static readonly (int Rows, int Columns)[] Sizes = [(1, 1), (16, 32), (15, 64), (17, 33), (32, 46), (48, 64), (33, 576), (40, 31)];

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Has_the_bits_of_an_update_and_a_pack_one_after_the_other(DType precision)
    {
        foreach (CpuBackend backend in Backends.All)
        {
            foreach ((int rows, int columns) in Sizes)
            {
                using var device = new Device(backend);
                using StepScope scope = device.Scope();
                Tensor[] apart = State(device, rows, columns);
                Tensor[] together = State(device, rows, columns);
                using PackedMatrix expected = backend.TryPack(apart[0], precision, PackUse.Forward | PackUse.Backward, null)!;
                using PackedMatrix actual = backend.TryPack(together[0], precision, PackUse.Forward | PackUse.Backward, null)!;
                Assert.True(backend.TryAdamW([new AdamWUpdate(apart[0], apart[1], apart[2], apart[3], Step)]));
                Assert.Same(expected, backend.TryPack(apart[0], precision, PackUse.Forward | PackUse.Backward, expected));
                Assert.True(backend.TryAdamWAndPack(together[0], together[1], together[2], together[3], Step, actual));
                for (int i = 0; i < apart.Length; i++)
                {
                    Assert.Equal(Bits(apart[i]), Bits(together[i]));
                }

                Assert.Equal(Bits(Plain(device, expected)), Bits(Plain(device, actual)));
            }
        }
    }

    [Fact]
    public void Says_no_to_a_pack_of_another_size_or_kind_and_changes_nothing()
    {
        CpuBackend backend = Backends.Fastest;
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        Tensor[] state = State(device, 16, 32);
        int[][] before = [.. state.Select(Bits)];
        using PackedMatrix other = backend.TryPack(device.Uniform([32, 16], DType.F32), DType.BF16, PackUse.Forward, null)!;
        using PackedMatrix codes = backend.TryPack(state[0], DType.I8, PackUse.Forward, null)!;
        Assert.False(backend.TryAdamWAndPack(state[0], state[1], state[2], state[3], Step, other));
        Assert.False(backend.TryAdamWAndPack(state[0], state[1], state[2], state[3], Step, codes));
        Assert.Equal(before, state.Select(Bits));
    }

    /// <summary>Parameter, gradient with a number that is none, and moments.</summary>
    private static Tensor[] State(Device device, int rows, int columns)
    {
        float[] gradient = device.Uniform([rows, columns], DType.F32, 2).ToArray();
        gradient[^1] = float.NaN;
        return
        [
            device.Uniform([rows, columns], DType.F32, 1), device.From(gradient, [rows, columns]), device.Uniform([rows, columns], DType.F32, 3),
            device.Uniform([rows, columns], DType.F32, 4).Abs(),
        ];
    }

    private static Tensor Plain(Device device, PackedMatrix packed)
    {
        Tensor plain = device.Empty([packed.Rows, packed.Columns], DType.F32);
        packed.Unpack(plain);
        return plain;
    }

    private static int[] Bits(Tensor tensor) => [.. tensor.ToArray().Select(BitConverter.SingleToInt32Bits)];
}
