using System.Globalization;
using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

public sealed unsafe class GemmTests
{
    private static readonly int[] Extents = [1, 2, 7, 13, 14, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 129, 200];
    private static readonly DType[] Floats = [DType.F32, DType.BF16, DType.F16];

    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Random_products_equal_double_precision_within_the_bound(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        var random = new Random(11);
        for (int turn = 0; turn < 150; turn++)
        {
            int rows = turn % 10 == 0 ? random.Next(0, 3) : Extents[random.Next(Extents.Length)];
            int columns = turn % 13 == 0 ? random.Next(0, 3) : Extents[random.Next(Extents.Length)];
            int depth = turn % 7 == 0 ? random.Next(0, 3) : Extents[random.Next(Extents.Length)];
            using var product = new Product(random, rows, columns, depth);
            product.Run(gemm);
            product.Check();
        }
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Results_have_the_same_bits_for_any_number_of_threads(CpuTier tier)
    {
        Tiers.Require(tier);
        foreach ((int rows, int columns, int depth) in new[] { (1, 700, 300), (37, 150, 65), (300, 16, 128), (256, 300, 1024), (130, 200, 2048) })
        {
            byte[]? expected = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                using var pool = new WorkerPool(threads);
                using var gemm = new Gemm(pool, tier);
                using var product = new Product(new Random(rows), rows, columns, depth);
                product.Run(gemm);
                expected ??= product.C.Bytes.ToArray();
                Assert.True(product.C.Bytes.SequenceEqual(expected), $"[{rows}, {columns}, {depth}] with {threads} threads");
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void A_row_alone_has_the_bits_that_it_has_in_a_batch(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        foreach (DType precision in new[] { DType.F32, DType.BF16 })
        {
            using TestMatrix a = new TestMatrix(precision, 40, 1024).Randomise(new Random(1));
            using TestMatrix w = new TestMatrix(precision, 300, 1024).Randomise(new Random(2));
            using TestMatrix c = new(DType.F32, 40, 300);
            using TestMatrix alone = new(DType.F32, 1, 300);
            using PackedPanels panels = gemm.Pack(w.View, precision);
            gemm.Multiply(a.View, panels, c.View);
            for (int row = 0; row < 40; row++)
            {
                gemm.Multiply(new MatrixView(a.View.At(row, 0), precision, 1, 1024, 1024), panels, alone.View);
                Assert.True(new Span<float>(alone.View.Data, 300).SequenceEqual(new Span<float>(c.View.At(row, 0), 300)), $"{precision}, row {row}");
            }
        }
    }

    /// <summary>Deep enough to be made in blocks along K.</summary>
    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Deep_products_equal_double_precision_within_the_bound(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        var random = new Random(12);
        for (int turn = 0; turn < 10; turn++)
        {
            using var product = new Product(random, 1 + random.Next(30), 1 + random.Next(40), 16000 + random.Next(5000));
            product.Run(gemm);
            product.Check();
        }
    }

    /// <summary>A chain of 65,536 additions of numbers of one sign would lose 1e-4 of the sum.</summary>
    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Long_sums_keep_their_precision(CpuTier tier)
    {
        Tiers.Require(tier);
        const int Depth = 65536;
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        using var a = new TestMatrix(DType.F32, 3, Depth);
        using var w = new TestMatrix(DType.F32, 16, Depth);
        using var c = new TestMatrix(DType.F32, 3, 16);
        var random = new Random(5);
        var left = new Span<float>(a.View.Data, 3 * Depth);
        var right = new Span<float>(w.View.Data, 16 * Depth);
        foreach (ref float value in left)
        {
            value = random.NextSingle();
        }

        foreach (ref float value in right)
        {
            value = random.NextSingle();
        }

        using PackedPanels panels = gemm.Pack(w.View, DType.F32);
        gemm.Multiply(a.View, panels, c.View);
        for (int row = 0; row < 3; row++)
        {
            for (int column = 0; column < 16; column++)
            {
                double sum = 0;
                for (int k = 0; k < Depth; k++)
                {
                    sum += (double)left[(row * Depth) + k] * right[(column * Depth) + k];
                }

                Assert.Equal(1, ((float*)c.View.Data)[(row * 16) + column] / sum, 3e-6);
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Products_inside_a_job_are_right(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(3);
        using var gemm = new Gemm(pool, tier);
        Product[] products = [.. Enumerable.Range(0, 12).Select(seed => new Product(new Random(seed), 20 + seed, 40, 33))];
        Array.ForEach(products, product => product.Pack(gemm));
        var job = new ProductsJob { Gemm = gemm, Products = products };
        pool.Run(ref job, products.Length);
        Assert.All(products, product => product.Check());
        Array.ForEach(products, product => product.Dispose());
    }

    [Fact]
    public void A_product_allocates_nothing_once_it_is_warm()
    {
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool);
        using var product = new Product(new Random(3), 100, 200, 128);
        product.Run(gemm);
        product.Multiply(gemm);
        long before = GC.GetAllocatedBytesForCurrentThread();
        product.Multiply(gemm);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused_with_both_shapes()
    {
        using var pool = new WorkerPool(1);
        using var gemm = new Gemm(pool);
        using TestMatrix a = new(DType.F32, 3, 4), w = new(DType.F32, 5, 4), good = new(DType.F32, 3, 5), bad = new(DType.F32, 3, 6);
        using TestMatrix half = new(DType.F16, 3, 5), strided = new(DType.F32, 3, 5, columnStride: 2), narrow = new(DType.F32, 3, 3);
        using PackedPanels panels = gemm.Pack(w.View, DType.F32);
        Assert.Contains("F32 [3, 6]", Assert.Throws<TensorException>(() => gemm.Multiply(a.View, panels, bad.View)).Message, StringComparison.Ordinal);
        Assert.Throws<TensorException>(() => gemm.Multiply(narrow.View, panels, good.View));
        Assert.Throws<TensorException>(() => gemm.Multiply(a.View, panels, half.View));
        Assert.Throws<TensorException>(() => gemm.Multiply(a.View, panels, strided.View));
        Assert.Throws<TensorException>(() => gemm.Multiply(a.View, panels, good.View, new GemmEpilogue { Addend = bad.View }));
        Assert.Throws<TensorException>(() => gemm.Pack(good.View, panels));
        Assert.Throws<ArgumentException>(() => gemm.CreatePanels(1, 1, DType.F16));
        Assert.Throws<TensorException>(() => new MatrixView(null, DType.I32, 1, 1, 1));
    }

    [Fact]
    public void The_default_epilogue_multiplies_by_one()
    {
        Assert.Equal(1, default(GemmEpilogue).Alpha);
        Assert.Equal(-0.5f, new GemmEpilogue { Alpha = -0.5f }.Alpha);
    }

    private struct ProductsJob : IJob
    {
        public Gemm Gemm;
        public Product[] Products;

        public readonly void Execute(int index, int worker) => Products[index].Multiply(Gemm);
    }

    /// <summary>A product with random types, strides and epilogue, and its result in double precision.</summary>
    private sealed class Product : IDisposable
    {
        private readonly DType _precision;
        private readonly TestMatrix _a;
        private readonly TestMatrix _w;
        private readonly TestMatrix? _bias;
        private readonly TestMatrix? _addend;
        private readonly TestMatrix? _addedA;
        private readonly TestMatrix? _addedW;
        private readonly bool _accumulates;
        private readonly float _alpha;
        private PackedPanels? _panels;
        private PackedPanels? _addedPanels;
        private double[,] _before = new double[0, 0];

        public Product(Random random, int rows, int columns, int depth)
        {
            _precision = random.Next(2) == 0 ? DType.F32 : DType.BF16;
            _a = new TestMatrix(Floats[random.Next(3)], rows, depth, random.Next(3) == 0, random.Next(3), 1 + (random.Next(4) / 3)).Randomise(random);
            _w = new TestMatrix(Floats[random.Next(3)], columns, depth, random.Next(2) == 0, random.Next(3), 1 + (random.Next(4) / 3)).Randomise(random);
            C = new TestMatrix(Floats[random.Next(2)], rows, columns, padding: random.Next(3)).Randomise(random);
            _bias = random.Next(3) == 0 ? new TestMatrix(DType.F32, 1, columns).Randomise(random) : null;
            _accumulates = random.Next(3) == 0;
            _addend = !_accumulates && random.Next(3) == 0 ? new TestMatrix(Floats[random.Next(2)], rows, columns, padding: 1).Randomise(random) : null;
            _alpha = random.Next(3) == 0 ? -1.25f : 1;
            if (random.Next(2) == 0)
            {
                int rank = random.Next(1, 40);
                _addedA = new TestMatrix(Floats[random.Next(3)], rows, rank, random.Next(3) == 0, random.Next(3)).Randomise(random);
                _addedW = new TestMatrix(Floats[random.Next(3)], columns, rank, random.Next(2) == 0, random.Next(3)).Randomise(random);
            }
        }

        public TestMatrix C { get; }

        public void Pack(Gemm gemm)
        {
            _panels = gemm.Pack(_w.View, _precision);
            _addedPanels = _addedW is null ? null : gemm.Pack(_addedW.View, _precision);
        }

        public void Run(Gemm gemm)
        {
            Pack(gemm);
            Multiply(gemm);
        }

        public void Multiply(Gemm gemm)
        {
            if (_before.Length == 0)
            {
                _before = new double[C.View.Rows, C.View.Columns];
                ForEach((row, column) => _before[row, column] = _accumulates ? C[row, column] : _addend?[row, column] ?? 0);
            }

            gemm.Multiply(_a.View, _panels!, C.View, new GemmEpilogue
            {
                Alpha = _alpha,
                Bias = _bias is null ? null : (float*)_bias.View.Data,
                Addend = _accumulates ? C.View : _addend?.View,
                Added = _addedA is null ? null : new AddedProduct(_addedA.View, _addedPanels!),
            });
        }

        public void Check()
        {
            // Products of bf16 are exact in fp32, those of fp32 are rounded within the multiply-add: K roundings of partial sums, some more for the epilogue.
            Assert.True(C.IsGuardIntact());
            double unit = Math.Pow(2, -24) * (_a.View.Columns + (_addedA?.View.Columns ?? 0) + 4) * 2;
            ForEach((row, column) =>
            {
                double sum = 0;
                double magnitude = 0;
                for (int k = 0; k < _a.View.Columns; k++)
                {
                    double term = (double)Operand(_a[row, k]) * Operand(_w[column, k]);
                    sum += term;
                    magnitude += Math.Abs(term);
                }

                for (int k = 0; k < (_addedA?.View.Columns ?? 0); k++)
                {
                    double term = (double)Operand(_addedA![row, k]) * Operand(_addedW![column, k]);
                    sum += term;
                    magnitude += Math.Abs(term);
                }

                double bias = _bias?[0, column] ?? 0;
                double expected = (_alpha * sum) + bias + _before[row, column];
                double bound = unit * ((Math.Abs(_alpha) * magnitude) + Math.Abs(bias) + Math.Abs(_before[row, column]));
                bound += C.View.DType == DType.BF16 ? (Math.Abs(expected) + bound) * Math.Pow(2, -8) : 0;
                double actual = C[row, column];
                Assert.True(
                    Math.Abs(actual - expected) <= bound,
                    string.Create(CultureInfo.InvariantCulture, $"{_precision} {_a.View} x {_w.View} -> {C.View} at [{row}, {column}]: {actual}, expected {expected} +- {bound}"));
            });
        }

        public void Dispose()
        {
            _a.Dispose();
            _w.Dispose();
            C.Dispose();
            _bias?.Dispose();
            _addend?.Dispose();
            _panels?.Dispose();
            _addedA?.Dispose();
            _addedW?.Dispose();
            _addedPanels?.Dispose();
        }

        private float Operand(float value) => _precision == DType.BF16 ? BFloat16.ToSingle(BFloat16.FromSingle(value)) : value;

        private void ForEach(Action<int, int> action)
        {
            for (int row = 0; row < C.View.Rows; row++)
            {
                for (int column = 0; column < C.View.Columns; column++)
                {
                    action(row, column);
                }
            }
        }
    }
}
