using Attune.Kernels.Cpu;
using Attune.Kernels.Cpu.Attention;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Whole bf16 products of the AMX tier, from packing to the store, with the kernels on a model of the processor.</summary>
public sealed unsafe class TileGemmTests
{
    private static readonly int[] Extents = [1, 2, 15, 16, 17, 31, 32, 33, 47, 64, 65, 100];
    private static readonly DType[] Floats = [DType.F32, DType.BF16, DType.F16];

    public TileGemmTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "tile kernels are emitted for Linux only");

    [Fact]
    public void Random_products_equal_double_precision_within_the_bound()
    {
        using var pool = new WorkerPool(2);
        var machine = new EmulatedProcessor();
        using var gemm = new Gemm(pool, GemmKernels.WithTiles(machine));
        var random = new Random(5);
        for (int turn = 0; turn < 60; turn++)
        {
            int rows = Extents[random.Next(Extents.Length)];
            int columns = Extents[random.Next(Extents.Length)];
            int depth = turn % 9 == 0 ? 0 : Extents[random.Next(Extents.Length)];
            using TestMatrix a = new TestMatrix(Floats[random.Next(3)], rows, depth, random.Next(3) == 0, random.Next(3), 1 + (random.Next(4) / 3)).Randomise(random);
            using TestMatrix w = new TestMatrix(Floats[random.Next(3)], columns, depth, random.Next(2) == 0, random.Next(3)).Randomise(random);
            using TestMatrix c = new TestMatrix(Floats[random.Next(2)], rows, columns, padding: random.Next(3)).Randomise(random);
            using TestMatrix addend = new TestMatrix(Floats[random.Next(2)], rows, columns, padding: 1).Randomise(random);
            using TestMatrix bias = new TestMatrix(DType.F32, 1, columns).Randomise(random);
            using PackedPanels panels = gemm.Pack(w.View, DType.BF16);
            gemm.Multiply(a.View, panels, c.View, new GemmEpilogue { Alpha = -1.25f, Bias = (float*)bias.View.Data, Addend = addend.View });
            Assert.True(c.IsGuardIntact());
            Check(a, w, c, addend, bias);
        }

        Assert.NotEqual(0, machine.Executed);
    }

    /// <summary>A product of the depth of both has the same operands in one.</summary>
    [Fact]
    public void A_second_product_goes_into_the_same_sums()
    {
        const int Rows = 37;
        const int Columns = 50;
        const int Depth = 64;
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, GemmKernels.WithTiles(new EmulatedProcessor()));
        foreach (int rank in new[] { 1, 16, 33 })
        {
            using TestMatrix a = new TestMatrix(DType.BF16, Rows, Depth + rank).Randomise(new Random(1));
            using TestMatrix w = new TestMatrix(DType.BF16, Columns, Depth + rank).Randomise(new Random(2));
            using TestMatrix c = new(DType.F32, Rows, Columns);
            using TestMatrix addend = new TestMatrix(DType.F32, Rows, Columns).Randomise(new Random(3));
            using TestMatrix bias = new TestMatrix(DType.F32, 1, Columns).Randomise(new Random(4));
            using PackedPanels panels = gemm.Pack(Part(w, 0, Depth), DType.BF16), added = gemm.Pack(Part(w, Depth, rank), DType.BF16);
            gemm.Multiply(Part(a, 0, Depth), panels, c.View, new GemmEpilogue
            {
                Alpha = -1.25f,
                Bias = (float*)bias.View.Data,
                Addend = addend.View,
                Added = new AddedProduct(Part(a, Depth, rank), added),
            });
            Check(a, w, c, addend, bias);
        }

        static MatrixView Part(TestMatrix matrix, int column, int columns) =>
            new(matrix.View.At(0, column), matrix.View.DType, matrix.View.Rows, columns, matrix.View.RowStride);
    }

    [Fact]
    public void Bits_depend_neither_on_threads_nor_on_the_other_rows()
    {
        const int Rows = 75;
        const int Columns = 200;
        const int Depth = 96;
        using TestMatrix a = new TestMatrix(DType.BF16, Rows, Depth).Randomise(new Random(1));
        using TestMatrix w = new TestMatrix(DType.BF16, Columns, Depth).Randomise(new Random(2));
        byte[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var pool = new WorkerPool(threads);
            using var gemm = new Gemm(pool, GemmKernels.WithTiles(new EmulatedProcessor()));
            using PackedPanels panels = gemm.Pack(w.View, DType.BF16);
            using TestMatrix c = new(DType.F32, Rows, Columns);
            gemm.Multiply(a.View, panels, c.View);
            expected ??= c.Bytes.ToArray();
            Assert.True(c.Bytes.SequenceEqual(expected), $"{threads} threads");
            using TestMatrix alone = new(DType.F32, 1, Columns);
            for (int row = 0; row < Rows; row += 7)
            {
                gemm.Multiply(new MatrixView(a.View.At(row, 0), DType.BF16, 1, Depth, Depth), panels, alone.View);
                Assert.True(new Span<float>(alone.View.Data, Columns).SequenceEqual(new Span<float>(c.View.At(row, 0), Columns)), $"row {row}");
            }
        }
    }

    [Fact]
    public void Products_inside_a_job_are_made_by_the_threads_of_the_pool()
    {
        using var pool = new WorkerPool(3);
        using var gemm = new Gemm(pool, GemmKernels.WithTiles(new EmulatedProcessor()));
        using TestMatrix a = new TestMatrix(DType.F32, 20, 33).Randomise(new Random(1));
        using TestMatrix w = new TestMatrix(DType.F32, 40, 33).Randomise(new Random(2));
        using PackedPanels panels = gemm.Pack(w.View, DType.BF16);
        using TestMatrix expected = new(DType.F32, 20, 40);
        gemm.Multiply(a.View, panels, expected.View);
        TestMatrix[] results = [.. Enumerable.Range(0, 8).Select(_ => new TestMatrix(DType.F32, 20, 40))];
        var job = new ProductJob { Gemm = gemm, A = a.View, Panels = panels, Results = results, Caller = Environment.CurrentManagedThreadId };
        pool.Run(ref job, results.Length);
        Assert.All(results, result => Assert.True(result.Bytes[..(20 * 40 * 4)].SequenceEqual(expected.Bytes[..(20 * 40 * 4)])));
        Array.ForEach(results, result => result.Dispose());
    }

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    public void Long_products_are_made_in_blocks_along_the_summed_dimension(DType source)
    {
        const int Depth = (1 << 14) + 7000;
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, GemmKernels.WithTiles(new EmulatedProcessor()));
        using TestMatrix a = new TestMatrix(source, 3, Depth).Randomise(new Random(1));
        using TestMatrix w = new TestMatrix(DType.BF16, 17, Depth).Randomise(new Random(2));
        using TestMatrix c = new(DType.F32, 3, 17);
        using TestMatrix addend = new TestMatrix(DType.F32, 3, 17).Randomise(new Random(3));
        using TestMatrix bias = new TestMatrix(DType.F32, 1, 17).Randomise(new Random(4));
        using PackedPanels panels = gemm.Pack(w.View, DType.BF16);
        gemm.Multiply(a.View, panels, c.View, new GemmEpilogue { Alpha = -1.25f, Bias = (float*)bias.View.Data, Addend = addend.View });
        Check(a, w, c, addend, bias);
    }

    [Fact]
    public void Packed_weights_are_read_back()
    {
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, GemmKernels.WithTiles(new EmulatedProcessor()));
        using TestMatrix w = new TestMatrix(DType.BF16, 37, 45).Randomise(new Random(3));
        using TestMatrix back = new(DType.BF16, 37, 45);
        using PackedPanels panels = gemm.Pack(w.View, DType.BF16);
        Assert.Equal(32, panels.Layout.Steps);
        gemm.Unpack(panels, back.View);
        Assert.True(back.Bytes.SequenceEqual(w.Bytes));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(40, false)]
    public void Products_of_attention_are_made_on_tiles_that_they_fill(int depth, bool onTiles)
    {
        const int Rows = 75;
        const int Columns = 48;
        var machine = new EmulatedProcessor();
        var products = new TileProduct(GemmKernels.WithTiles(machine), DType.BF16);
        using TestMatrix a = new TestMatrix(DType.BF16, Rows, depth).Randomise(new Random(1));
        using TestMatrix b = new TestMatrix(DType.BF16, Columns, depth).Randomise(new Random(2));
        using TestMatrix c = new TestMatrix(DType.F32, Rows, Columns).Randomise(new Random(3));
        using TestMatrix addend = new TestMatrix(DType.F32, Rows, Columns).Randomise(new Random(3));
        using var memory = new AlignedBuffer(4 * depth * Columns);
        Panels panels = products.Pack(b.View, memory.Pointer);
        products.Run((byte*)a.View.Data, (nint)a.View.RowBytes, panels, (float*)c.View.Data, Columns, Rows, Columns, depth, accumulate: true);
        Assert.Equal(onTiles, machine.Executed > 0);
        Check(a, b, c, addend, alpha: 1);
    }

    private static void Check(TestMatrix a, TestMatrix w, TestMatrix c, TestMatrix addend, TestMatrix? bias = null, double alpha = -1.25)
    {
        double unit = Math.Pow(2, -24) * (a.View.Columns + 4) * 2;
        for (int row = 0; row < c.View.Rows; row++)
        {
            for (int column = 0; column < c.View.Columns; column++)
            {
                double sum = 0;
                double magnitude = 0;
                for (int k = 0; k < a.View.Columns; k++)
                {
                    double term = (double)BFloat16.ToSingle(BFloat16.FromSingle(a[row, k])) * BFloat16.ToSingle(BFloat16.FromSingle(w[column, k]));
                    sum += term;
                    magnitude += Math.Abs(term);
                }

                double biased = bias?[0, column] ?? 0;
                double expected = (alpha * sum) + biased + addend[row, column];
                double bound = unit * ((Math.Abs(alpha) * magnitude) + Math.Abs(biased) + Math.Abs(addend[row, column]));
                bound += c.View.DType == DType.BF16 ? (Math.Abs(expected) + bound) * Math.Pow(2, -8) : 0;
                Assert.True(
                    Math.Abs(c[row, column] - expected) <= bound, $"{a.View} x {w.View} -> {c.View} at [{row}, {column}]: {c[row, column]}, expected {expected} +- {bound}");
            }
        }
    }

    private struct ProductJob : IJob
    {
        public Gemm Gemm;
        public MatrixView A;
        public PackedPanels Panels;
        public TestMatrix[] Results;
        public int Caller;

        public readonly void Execute(int index, int worker)
        {
            Assert.NotEqual(Caller, Environment.CurrentManagedThreadId);
            Gemm.Multiply(A, Panels, Results[index].View);
        }
    }
}
