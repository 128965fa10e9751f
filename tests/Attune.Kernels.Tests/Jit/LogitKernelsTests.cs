using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The kernels of the output layer's soft-max beside double precision.</summary>
public sealed unsafe class LogitKernelsTests
{
    private const double Log2E = 1.4426950408889634;
    private const ushort Guard = 0x5A5A;

    private static readonly EmulatedFunction<LogitArguments> EmulatedLargest = new(LogitEmitter.EmitLargest, CpuTier.Avx512Bf16.IsAvailable);
    private static readonly EmulatedFunction<LogitArguments> EmulatedSum = new(LogitEmitter.EmitSum, CpuTier.Avx512Bf16.IsAvailable);
    private static readonly EmulatedFunction<LogitArguments> EmulatedPower = new(LogitEmitter.EmitPower, CpuTier.Avx512Bf16.IsAvailable);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_of_every_length_equal_double_precision(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        var random = new Random(1);
        for (int count = 1; count < 140; count++)
        {
            ushort[] row = Row(count + 1, random);
            double[] x = [.. row[..count].Select(static bits => (double)BFloat16.ToSingle(bits))];
            float shift = (random.NextSingle() - 0.5f) * 10;
            fixed (ushort* start = row)
            {
                Assert.Equal(x.Max(), Largest(emulated, start, count));
                double sum = x.Sum(each => Math.Pow(2, (each * Log2E) + shift));
                Assert.Equal(sum, Sum(emulated, start, count, shift), sum * 2e-6);
                Raise(emulated, start, count, shift);
            }

            for (int i = 0; i < count; i++)
            {
                double expected = Math.Pow(2, (x[i] * Log2E) + shift);
                Assert.Equal(expected, BFloat16.ToSingle(row[i]), expected * 1.001 / 256);
            }

            Assert.Equal(Guard, row[count]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Numbers_below_zero_are_the_largest_where_there_are_no_others(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        for (int count = 1; count < 70; count++)
        {
            var row = new ushort[count];
            Array.Fill(row, BFloat16.FromSingle(-7));
            row[^1] = BFloat16.FromSingle(-5);
            fixed (ushort* start = row)
            {
                Assert.Equal(-5, Largest(emulated, start, count));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Infinitely_small_logits_weigh_nothing_and_NaN_stays(bool emulated)
    {
        Tiers.Require(CpuTier.Avx512Bf16, emulated);
        ushort[] row = [.. new[] { 1f, float.NegativeInfinity, 0f, float.NegativeInfinity }.Select(BFloat16.FromSingle)];
        fixed (ushort* start = row)
        {
            Assert.Equal(1, Largest(emulated, start, 4));
            Assert.Equal(1 + Math.Exp(-1), Sum(emulated, start, 4, (float)-Log2E), 1e-6);
            row[3] = BFloat16.FromSingle(float.NaN);
            Assert.True(float.IsNaN(Sum(emulated, start, 4, 0)));
            Raise(emulated, start, 4, 0);
        }

        Assert.Equal(0, row[1]);
        Assert.True(float.IsNaN(BFloat16.ToSingle(row[3])));
    }

    private static float Largest(bool emulated, ushort* row, int count) => emulated ? Emulate(EmulatedLargest, row, count, 0, writes: false) : LogitKernels.Largest(row, count);

    private static float Sum(bool emulated, ushort* row, int count, float shift) => emulated ? Emulate(EmulatedSum, row, count, shift, writes: false) : LogitKernels.Sum(row, count, shift);

    private static void Raise(bool emulated, ushort* row, int count, float shift)
    {
        if (emulated)
        {
            Emulate(EmulatedPower, row, count, shift, writes: true);
        }
        else
        {
            LogitKernels.Raise(row, count, shift);
        }
    }

    private static float Emulate(EmulatedFunction<LogitArguments> function, ushort* row, int count, float shift, bool writes)
    {
        var map = new MemoryMap();
        map.AllowConstants();
        map.Allow("the row", row, count * sizeof(ushort), writes);
        var arguments = new LogitArguments { Row = (byte*)row, Count = count, Shift = shift };
        function.Run(&arguments, map);
        return arguments.Result;
    }

    private static ushort[] Row(int length, Random random)
    {
        ushort[] row = [.. Enumerable.Range(0, length).Select(_ => BFloat16.FromSingle((random.NextSingle() - 0.5f) * 60))];
        row[^1] = Guard;
        return row;
    }
}
