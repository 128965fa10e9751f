using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

/// <summary>Operations on lists of tensors give each of them the bits that it gets alone.</summary>
public sealed class ListTests
{
    /// <summary>Less than a vector, several pieces, nothing, exactly one piece.</summary>
    private static readonly long[] Counts = [1, 40_000, 0, 17, 16 * 1024, 300, 16 * 1024 + 1];

    [Fact]
    public void AdamW_of_a_list_is_that_of_each_parameter()
    {
        foreach (CpuBackend backend in Backends.All)
        {
            using var device = new Device(backend);
            using StepScope scope = device.Scope();
            AdamWUpdate[] together = Updates(device);
            AdamWUpdate[] alone = Updates(device);
            Assert.True(backend.TryAdamW(together));
            for (int i = 0; i < together.Length; i++)
            {
                Assert.True(backend.TryAdamW(alone.AsSpan(i, 1)));
                Assert.Equal(alone[i].Parameter.ToArray(), together[i].Parameter.ToArray());
                Assert.Equal(alone[i].FirstMoment.ToArray(), together[i].FirstMoment.ToArray());
                Assert.Equal(alone[i].SecondMoment.ToArray(), together[i].SecondMoment.ToArray());
            }
        }
    }

    [Fact]
    public void A_list_with_other_types_is_updated_too()
    {
        foreach (CpuBackend backend in Backends.All)
        {
            using var device = new Device(backend);
            using StepScope scope = device.Scope();
            AdamWUpdate[] mixed = Updates(device);
            AdamWUpdate[] plain = Updates(device);
            for (int i = 0; i < mixed.Length; i++)
            {
                Tensor rounded = mixed[i].Gradient.Cast(DType.BF16);
                mixed[i] = mixed[i] with { Gradient = rounded };
                plain[i] = plain[i] with { Gradient = rounded.Cast(DType.F32) };
            }

            Assert.True(backend.TryAdamW(mixed));
            Assert.True(backend.TryAdamW(plain));
            for (int i = 0; i < mixed.Length; i++)
            {
                Assert.Equal(plain[i].Parameter.ToArray(), mixed[i].Parameter.ToArray());
            }
        }
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Sums_of_squares_of_a_list_are_the_reductions_of_each_tensor(DType dtype)
    {
        foreach (CpuBackend backend in Backends.All)
        {
            using var device = new Device(backend);
            using StepScope scope = device.Scope();
            Tensor[] sources = [.. Counts.Select((count, i) => device.Uniform([count], dtype, (ulong)i))];
            Tensor sums = device.Empty([sources.Length], DType.F32);
            Assert.True(backend.TrySumsOfSquares(sources, sums));
            float[] expected = [.. sources.Select(source =>
            {
                Tensor sum = device.Empty([1], DType.F32);
                backend.Reduce(ReduceKind.SumOfSquares, source, sum);
                return sum.ToArray()[0];
            })];
            Assert.Equal(expected, sums.ToArray());
        }
    }

    [Fact]
    public void Tensors_with_steps_between_their_elements_are_declined()
    {
        using var device = new Device(Backends.Fastest);
        using StepScope scope = device.Scope();
        Tensor transposed = device.Uniform([30, 40], DType.F32).Transpose();
        Assert.False(device.Backend.TrySumsOfSquares([transposed], device.Empty([1], DType.F32)));
    }

    private static AdamWUpdate[] Updates(Device device) => [.. Counts.Select((count, i) => new AdamWUpdate(
        device.Uniform([count], DType.F32, 4 * (ulong)i),
        device.Uniform([count], DType.F32, (4 * (ulong)i) + 1),
        device.Uniform([count], DType.F32, (4 * (ulong)i) + 2),
        device.Uniform([count], DType.F32, (4 * (ulong)i) + 3).Abs(),
        new AdamWStep(1e-2 / (i + 1), 0.9, 0.95, 1e-8, 0.1 * i, i + 1, 0.5)))];
}
