using Attune.Kernels.Cpu;
using Attune.Kernels.Cpu.MatMul;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

public sealed unsafe class NarrowProductTests
{
    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Random_products_equal_double_precision_within_the_bound(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        using PackedPanels panels = gemm.CreatePanels(0, 0, DType.F32);
        AlignedBuffer? memory = null;
        var random = new Random(7);
        int done = 0;
        for (int turn = 0; turn < 200; turn++)
        {
            int rows = random.Next(1, 65);
            int columns = random.Next(rows, 130);
            int depth = turn % 20 == 0 ? 1100 + random.Next(3) : random.Next(1, 300);
            bool narrowRight = turn % 2 == 1;
            DType wide = turn % 3 == 0 ? DType.F32 : DType.BF16;
            DType narrow = wide == DType.F32 || turn % 4 == 0 ? DType.F32 : DType.BF16;
            using TestMatrix u = new TestMatrix(narrow, rows, depth, transposed: random.Next(2) == 0).Randomise(random);
            using TestMatrix x = new TestMatrix(wide, depth, columns, padding: random.Next(3)).Randomise(random);
            using TestMatrix c = new TestMatrix(DType.F32, rows, columns, transposed: random.Next(2) == 0).Randomise(random);
            using TestMatrix before = Copy(c);
            bool accumulate = random.Next(2) == 0;
            float alpha = random.Next(2) == 0 ? 1 : -0.75f;
            bool ran = narrowRight
                ? NarrowProduct.TryRun(gemm, panels, ref memory, x.View.Transposed, u.View.Transposed, c.View.Transposed, alpha, accumulate)
                : NarrowProduct.TryRun(gemm, panels, ref memory, u.View, x.View, c.View, alpha, accumulate);
            Assert.Equal(tier >= CpuTier.Avx512, ran);
            if (ran)
            {
                Check(u, x, c, before, alpha, accumulate);
                done++;
            }
        }

        memory?.Dispose();
        Assert.Equal(tier >= CpuTier.Avx512 ? 200 : 0, done);
    }

    [Fact]
    public void Results_have_the_same_bits_for_any_number_of_threads()
    {
        using TestMatrix u = new TestMatrix(DType.BF16, 16, 700, transposed: true).Randomise(new Random(1));
        using TestMatrix x = new TestMatrix(DType.BF16, 700, 500).Randomise(new Random(2));
        byte[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var pool = new WorkerPool(threads);
            using var gemm = new Gemm(pool);
            using PackedPanels panels = gemm.CreatePanels(0, 0, DType.F32);
            using var c = new TestMatrix(DType.F32, 16, 500);
            AlignedBuffer? memory = null;
            NarrowProduct.TryRun(gemm, panels, ref memory, u.View, x.View, c.View, 1, accumulate: false);
            memory?.Dispose();
            expected ??= c.Bytes.ToArray();
            Assert.True(c.Bytes.SequenceEqual(expected), $"{threads} threads");
        }
    }

    private static TestMatrix Copy(TestMatrix source)
    {
        var copy = new TestMatrix(DType.F32, source.View.Rows, source.View.Columns);
        for (int row = 0; row < source.View.Rows; row++)
        {
            for (int column = 0; column < source.View.Columns; column++)
            {
                copy[row, column] = source[row, column];
            }
        }

        return copy;
    }

    private static void Check(TestMatrix u, TestMatrix x, TestMatrix c, TestMatrix before, float alpha, bool accumulate)
    {
        bool bf16 = x.View.DType == DType.BF16;
        double unit = Math.Pow(2, -24) * (x.View.Rows + 4) * 2;
        for (int row = 0; row < c.View.Rows; row++)
        {
            for (int column = 0; column < c.View.Columns; column++)
            {
                double sum = 0;
                double magnitude = 0;
                for (int k = 0; k < x.View.Rows; k++)
                {
                    float left = bf16 ? BFloat16.ToSingle(BFloat16.FromSingle(u[row, k])) : u[row, k];
                    double term = (double)left * x[k, column];
                    sum += term;
                    magnitude += Math.Abs(term);
                }

                double old = accumulate ? before[row, column] : 0;
                Assert.Equal((alpha * sum) + old, c[row, column], unit * (magnitude + Math.Abs(old)));
            }
        }
    }
}
