using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The kernels of the output layer's soft-max beside double precision.</summary>
public sealed unsafe class LogitKernelsTests
{
    private const double Log2E = 1.4426950408889634;
    private const ushort Guard = 0x5A5A;

    public LogitKernelsTests() => Tiers.Require(CpuTier.Avx512Bf16);

    [Fact]
    public void Rows_of_every_length_equal_double_precision()
    {
        var random = new Random(1);
        for (int count = 1; count < 140; count++)
        {
            ushort[] row = Row(count + 1, random);
            double[] x = [.. row[..count].Select(static bits => (double)BFloat16.ToSingle(bits))];
            float shift = (random.NextSingle() - 0.5f) * 10;
            fixed (ushort* start = row)
            {
                Assert.Equal(x.Max(), LogitKernels.Largest(start, count));
                double sum = x.Sum(each => Math.Pow(2, (each * Log2E) + shift));
                Assert.Equal(sum, LogitKernels.Sum(start, count, shift), sum * 2e-6);
                LogitKernels.Raise(start, count, shift);
            }

            for (int i = 0; i < count; i++)
            {
                double expected = Math.Pow(2, (x[i] * Log2E) + shift);
                Assert.Equal(expected, BFloat16.ToSingle(row[i]), expected * 1.001 / 256);
            }

            Assert.Equal(Guard, row[count]);
        }
    }

    [Fact]
    public void Numbers_below_zero_are_the_largest_where_there_are_no_others()
    {
        for (int count = 1; count < 70; count++)
        {
            var row = new ushort[count];
            Array.Fill(row, BFloat16.FromSingle(-7));
            row[^1] = BFloat16.FromSingle(-5);
            fixed (ushort* start = row)
            {
                Assert.Equal(-5, LogitKernels.Largest(start, count));
            }
        }
    }

    [Fact]
    public void Infinitely_small_logits_weigh_nothing_and_NaN_stays()
    {
        ushort[] row = [.. new[] { 1f, float.NegativeInfinity, 0f, float.NegativeInfinity }.Select(BFloat16.FromSingle)];
        fixed (ushort* start = row)
        {
            Assert.Equal(1, LogitKernels.Largest(start, 4));
            Assert.Equal(1 + Math.Exp(-1), LogitKernels.Sum(start, 4, (float)-Log2E), 1e-6);
            row[3] = BFloat16.FromSingle(float.NaN);
            Assert.True(float.IsNaN(LogitKernels.Sum(start, 4, 0)));
            LogitKernels.Raise(start, 4, 0);
        }

        Assert.Equal(0, row[1]);
        Assert.True(float.IsNaN(BFloat16.ToSingle(row[3])));
    }


    private static ushort[] Row(int length, Random random)
    {
        ushort[] row = [.. Enumerable.Range(0, length).Select(_ => BFloat16.FromSingle((random.NextSingle() - 0.5f) * 60))];
        row[^1] = Guard;
        return row;
    }
}
