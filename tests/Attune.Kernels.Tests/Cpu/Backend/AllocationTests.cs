using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu.Backend;

/// <summary>A call that was made before allocates nothing on the managed heap, on no thread. Runs alone, because it looks at the whole process.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void Repeated_calls_allocate_nothing(DType dtype)
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Threads = 2 });
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        Tensor x = device.Uniform([300, 192], dtype);
        Tensor y = device.Uniform([300, 192], dtype, 2);
        Tensor z = device.Uniform([300, 192], dtype, 3);
        Tensor dY = device.Uniform([300, 192], dtype, 4);
        Tensor transposed = device.View(x, [192, 300], Shape.FromStrides([1, 192]), 0);
        Tensor flipped = device.Empty([192, 300], dtype);
        Tensor weight = device.Uniform([192], DType.F32, 5);
        Tensor dWeight = device.Uniform([192], DType.F32, 6);
        Tensor first = device.Uniform([192], DType.F32, 10);
        Tensor second = device.Uniform([192], DType.F32, 11);
        Tensor rows = device.Uniform([300, 1], DType.F32, 7);
        Tensor losses = device.Empty([300], DType.F32);
        Tensor columns = device.Empty([1, 192], DType.F32);
        Tensor total = device.Empty([1, 1], DType.F32);
        Tensor flags = device.Empty([300, 192], DType.Bool);
        Tensor places = device.From(Enumerable.Range(0, 300).Select(i => i % 192).ToArray(), [300]);
        Tensor best = device.Empty([300], DType.I32);
        Tensor square = device.Uniform([192, 192], dtype, 8);
        Tensor matrix = device.Empty([300, 192], DType.F32);
        using PackedMatrix packed = backend.TryPack(square, dtype, PackUse.Forward | PackUse.Backward, null)!;
        using PackedMatrix packedMatrix = backend.TryPack(matrix, dtype, PackUse.Forward | PackUse.Backward, null)!;
        Tensor table = device.Uniform([300, 16], DType.F32, 9);
        Tensor heads = device.View(x, [300, 6, 32], Shape.FromStrides([192, 32, 1]), 0);
        Tensor rotated = device.View(y, [300, 6, 32], Shape.FromStrides([192, 32, 1]), 0);
        Tensor third = device.View(z, [300, 6, 32], Shape.FromStrides([192, 32, 1]), 0);
        Tensor fourth = device.View(dY, [300, 6, 32], Shape.FromStrides([192, 32, 1]), 0);
        Tensor statistics = device.Empty([300, 6, 2], DType.F32);
        var layout = new AttentionLayout(device.From([0, 100, 300], [3]), device.From([0, 100], [2]), device.From([100, 200], [2]));
        Tensor single = device.View(x, [1, 6, 32], Shape.FromStrides([192, 32, 1]), 0);
        var lastQuery = new AttentionLayout(device.From([0, 1], [2]), device.From([0], [1]), device.From([300], [1]));
        Tensor[] gradients = [x, weight, matrix];
        var step = new AdamWStep(0.001, 0.9, 0.999, 1e-8, 0, 1, 1);

        Measure(
            [
                () => backend.Fill(z, 1),
                () => backend.Copy(transposed, flipped),
                () => backend.Copy(x, matrix),
                () => backend.Axpy(0.5, x, 0.5, y),
                () => backend.Map(MapKind.Gelu, x, y, 0),
                () => backend.MapGradient(MapKind.Silu, x, y, z, 0, true),
                () => backend.Zip(ZipKind.Add, x, y, z),
                () => backend.Zip(ZipKind.Less, x, y, flags),
                () => backend.Select(flags, x, y, z),
                () => backend.Reduce(ReduceKind.Sum, x, columns),
                () => backend.Reduce(ReduceKind.SumOfSquares, x, total),
                () => backend.Reduce(ReduceKind.Max, x, rows),
                () => backend.ArgMax(x, best),
                () => backend.MatMul(x, square, matrix, 1, false),
                () => backend.MatMul(transposed, y, square, 1, true),
                () => backend.TryMatMulPacked(x, packed, PackUse.Forward, y, weight, 1, true),
                () => backend.TryMatMulPacked(x, packed, PackUse.Backward, y, null, 1, false),
                () => backend.TryMatMulPacked(x, packed, PackUse.Forward, y, weight, 1, true, new LowRankTerm(x, square)),
                () => backend.TryPack(square, dtype, PackUse.Forward | PackUse.Backward, packed),
                () => backend.GatherRows(square, places, matrix),
                () => backend.ScatterAddRows(x, places, square),
                () => backend.Dropout(x, y, 0.1, default, false),
                () => backend.TrySoftmax(x, y),
                () => backend.TrySoftmaxGradient(x, y, z, true),
                () => backend.TryRmsNorm(x, weight, 1e-5, 0, y, rows),
                () => backend.TryRmsNormGradient(x, weight, 0, rows, y, z, true, dWeight, true),
                () => backend.TryRope(heads, table, table, places, false, false, rotated, true),
                () => backend.TrySwiGlu(x, y, z),
                () => backend.TrySwiGluGradient(x, y, x, z, true, dY, true),
                () => backend.TryAttention(heads, rotated, third, layout, new AttentionOptions(0.1), fourth, statistics),
                () => backend.TryAttention(single, rotated, third, lastQuery, new AttentionOptions(0.1), single, statistics),
                () => backend.TryAttentionGradient(
                    heads, rotated, third, layout, new AttentionOptions(0.1), fourth, statistics, fourth, heads, false, rotated, false, third, true),
                () => backend.TryCrossEntropy(x, places, losses, true),
                () => backend.TryAdamW([new AdamWUpdate(weight, dWeight, first, second, step), new AdamWUpdate(first, dWeight, weight, second, step)]),
                () => backend.TrySumsOfSquares(gradients, rows),
                () => backend.TryAdamWAndPack(matrix, matrix, matrix, matrix, step, packedMatrix),
            ]);
    }

    private static void Measure(Action[] calls)
    {
        for (int i = 0; i < calls.Length; i++)
        {
            calls[i]();
            calls[i]();

            // Another thread of the test host may allocate now and then; a call that allocates does it every time.
            long least = long.MaxValue;
            for (int repeat = 0; repeat < 10 && least > 0; repeat++)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                calls[i]();
                least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            }

            Assert.True(least == 0, $"call {i} allocates {least} bytes");
        }
    }
}
