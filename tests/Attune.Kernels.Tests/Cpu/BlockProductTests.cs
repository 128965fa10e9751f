using Attune.Kernels.Cpu;
using Attune.Kernels.Cpu.FewBits;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu;

public sealed class BlockProductTests
{
    /// <summary>Those whose kernels differ: that with tiles has those of the one before.</summary>
    private static readonly CpuTier[] TiersOfKernels = [CpuTier.Portable, CpuTier.Avx2, CpuTier.Avx512, CpuTier.Avx512Bf16];

    private static readonly int[] Rows = [1, 2, 3, 4, 5, 7, 8, 9, 15, 31, 32, 33, 40];
    private static readonly int[] Extents = [1, 15, 16, 17, 47, 48, 49, 100, 300];

    public static TheoryData<CpuTier, DType, int> LowRankTerms => new(
        from tier in TiersOfKernels
        from precision in new[] { DType.F32, DType.BF16 }
        from rows in new[] { 1, BlockProducts.FewRows, BlockProducts.FewRows + 13 }
        select (tier, precision, rows));

    public static TheoryData<CpuTier, DType, int, int> Groups => new(
        from tier in TiersOfKernels
        from precision in new[] { DType.F32, DType.BF16 }
        from sizes in new[] { (1, 1), (1, 2), (7, 2), (BlockProducts.FewRows, 3) }
        select (tier, precision, sizes.Item1, sizes.Item2));

    public static TheoryData<CpuTier, DType, int, bool, DType> Formats => new(
        from tier in TiersOfKernels
        from precision in new[] { DType.F32, DType.BF16 }
        from bits in new[] { 4, 8 }
        from offsets in new[] { false, true }
        from scales in new[] { DType.F16, DType.F32 }
        select (tier, precision, bits, offsets, scales));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Random_products_equal_double_precision_within_the_bound(CpuTier tier, DType precision, int bits, bool offsets, DType scales)
    {
        using CpuBackend backend = Backend(tier, 2);
        using var device = new Device(backend);
        var random = new Random(bits);
        for (int turn = 0; turn < 60; turn++)
        {
            using StepScope scope = device.Scope();
            var w = new RandomBlocks(random, Extents[random.Next(Extents.Length)], 32 * random.Next(1, 20), new BlockFormat(bits, offsets, scales));
            using PackedMatrix packed = backend.TryPackBlocks(w, precision)!;
            int rows = Rows[random.Next(Rows.Length)];
            Tensor x = Numbers(device, random, rows, w.Columns).Cast(turn % 3 == 0 ? DType.F32 : DType.BF16);
            Tensor y = Numbers(device, random, rows, w.Rows).Cast(turn % 4 == 0 ? DType.BF16 : DType.F32);
            Tensor? bias = turn % 2 == 0 ? Numbers(device, random, 1, w.Rows).Reshape(w.Rows) : null;
            bool accumulate = turn % 5 < 2;
            double alpha = turn % 6 == 0 ? 0.5 : 1;
            float[] before = y.ToArray();
            Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, bias, alpha, accumulate));
            Check(w, x.Cast(precision).ToArray(), rows, bias?.ToArray(), accumulate ? before : null, alpha, y, MistakeOf(tier, precision, rows, w.Format));
        }
    }

    [Theory]
    [MemberData(nameof(LowRankTerms))]
    public void A_low_rank_term_is_added(CpuTier tier, DType precision, int rows)
    {
        using CpuBackend backend = Backend(tier, 2);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(rows);
        var w = new RandomBlocks(random, 700, 320, new BlockFormat(4, HasOffsets: true, DType.F16));
        using PackedMatrix packed = backend.TryPackBlocks(w, precision)!;
        Tensor x = Numbers(device, random, rows, w.Columns).Cast(precision);
        Tensor hidden = Numbers(device, random, rows, 16).Cast(precision);
        Tensor b = Numbers(device, random, 16, w.Rows);
        Tensor y = device.Empty([rows, w.Rows], DType.F32);
        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 1, accumulate: false, new LowRankTerm(hidden, b)));
        Tensor expected = device.Empty([rows, w.Rows], DType.F32);
        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, expected, null, 1, accumulate: false));
        backend.MatMul(hidden, b, expected, 1, accumulate: true);
        Assert.All(expected.ToArray().Zip(y.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f * (1 + Math.Abs(pair.First))));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_row_has_the_same_bits_alone_among_few_and_for_any_number_of_threads(CpuTier tier, DType precision, int bits, bool offsets, DType scales)
    {
        float[][]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using CpuBackend backend = Backend(tier, threads);
            using var device = new Device(backend);
            using StepScope scope = device.Scope();
            var random = new Random(3);
            var w = new RandomBlocks(random, 700, 320, new BlockFormat(bits, offsets, scales));
            using PackedMatrix packed = backend.TryPackBlocks(w, precision)!;
            Tensor x = Numbers(device, random, BlockProducts.FewRows, w.Columns).Cast(precision);
            expected ??= [.. Enumerable.Range(0, BlockProducts.FewRows).Select(row => Product(backend, x.Narrow(0, row, 1), packed))];
            foreach (int rows in new[] { 1, 2, 5, 8, 13, BlockProducts.FewRows })
            {
                float[] y = Product(backend, x.Narrow(0, 0, rows), packed);
                Assert.Equal(expected.Take(rows).SelectMany(row => row), y);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Products_together_have_the_bits_that_each_has_alone(CpuTier tier, DType precision, int rows, int threads)
    {
        using CpuBackend backend = Backend(tier, threads);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(rows);
        var format = new BlockFormat(4, HasOffsets: true, DType.F16);
        Tensor x = Numbers(device, random, rows, 320).Cast(precision);
        int[] sizes = [300, 17, 512];
        PackedMatrix[] weights = [.. sizes.Select(size => backend.TryPackBlocks(new RandomBlocks(random, size, 320, format), precision)!)];
        PackedProduct[] products =
        [
            new(weights[0], Numbers(device, random, 1, sizes[0]).Reshape(sizes[0]), device.Empty([rows, sizes[0]], DType.BF16)),
            new(weights[1], null, device.Empty([rows, sizes[1]], DType.F32)),
            new(weights[2], Numbers(device, random, 1, sizes[2]).Reshape(sizes[2]).Cast(DType.BF16), device.Empty([rows, sizes[2]], DType.BF16)),
        ];
        Assert.True(backend.TryMatMulPacked(x, products));
        foreach (PackedProduct product in products)
        {
            Tensor alone = device.Empty(product.Destination.Shape, product.Destination.DType);
            Assert.True(backend.TryMatMulPacked(x, product.Weight, PackUse.Forward, alone, product.Bias, 1, accumulate: false));
            Assert.Equal(alone.ToArray(), product.Destination.ToArray());
            product.Weight.Dispose();
        }
    }

    [Fact]
    public void Products_that_share_nothing_are_not_made_together()
    {
        const CpuTier tier = CpuTier.Portable;
        const DType precision = DType.F32;
        using CpuBackend backend = Backend(tier, 1);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(1);
        using PackedMatrix four = backend.TryPackBlocks(new RandomBlocks(random, 32, 64, new BlockFormat(4, HasOffsets: false, DType.F16)), precision)!;
        using PackedMatrix eight = backend.TryPackBlocks(new RandomBlocks(random, 32, 64, new BlockFormat(8, HasOffsets: false, DType.F16)), precision)!;
        using PackedMatrix rounding = backend.TryPackBlocks(new RandomBlocks(random, 32, 64, new BlockFormat(4, HasOffsets: false, DType.F16)), DType.BF16)!;
        Assert.True(backend.TryMatMulPacked(Rows(1), [Product(four, 1), Product(four, 1)]));
        Assert.False(backend.TryMatMulPacked(Rows(1), [Product(four, 1), Product(rounding, 1)]));
        Assert.False(backend.TryMatMulPacked(Rows(1), [Product(four, 1), Product(eight, 1)]));
        Assert.False(backend.TryMatMulPacked(Rows(1), [Product(four, 1)]));
        Assert.False(backend.TryMatMulPacked(Rows(1), [Product(four, 1), Product(four, 2)]));
        Assert.False(backend.TryMatMulPacked(Rows(BlockProducts.FewRows + 1), [Product(four, BlockProducts.FewRows + 1), Product(four, BlockProducts.FewRows + 1)]));

        Tensor Rows(int rows) => Numbers(device, random, rows, 64);

        PackedProduct Product(PackedMatrix weight, int rows) => new(weight, null, device.Empty([rows, 32], DType.F32));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpacked_and_widened_weights_are_those_of_the_file(CpuTier tier, DType precision, int bits, bool offsets, DType scales)
    {
        using CpuBackend backend = Backend(tier, 1);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var w = new RandomBlocks(new Random(7), 37, 96, new BlockFormat(bits, offsets, scales));
        using PackedMatrix packed = backend.TryPackBlocks(w, precision)!;
        Tensor values = device.Empty([37, 96], DType.F32);
        packed.Unpack(values);
        Assert.Equal(w.Values, values.ToArray());

        // Rows of the identity pick columns of the widened weight.
        Tensor identity = device.From(Enumerable.Range(0, 96 * 96).Select(i => i % 97 == 0 ? 1f : 0).ToArray(), [96, 96]).Cast(precision);
        Tensor columns = device.Empty([96, 37], DType.F32);
        Assert.True(backend.TryMatMulPacked(identity, packed, PackUse.Forward, columns, null, 1, false));
        Assert.Equal(values.Cast(precision).ToArray(), columns.Transpose().Contiguous().ToArray());
    }

    [Fact]
    public void Precisions_and_sizes_without_a_kernel_are_declined()
    {
        using var backend = new CpuBackend(new CpuBackendOptions { Tier = CpuTier.Portable, Threads = 1 });
        var blocks = new BlockFormat(4, true, DType.F16);
        Assert.Null(backend.TryPackBlocks(new RandomBlocks(new Random(1), 8, 64, blocks), DType.I8));
        Assert.Null(backend.TryPackBlocks(new RandomBlocks(new Random(1), 8, 0, blocks), DType.F32));
        Assert.Null(backend.TryPackBlocks(new RandomBlocks(new Random(1), 8, 64, blocks with { Bits = 2 }), DType.F32));
    }

    private static CpuBackend Backend(CpuTier tier, int threads)
    {
        Tiers.Require(tier);
        return new CpuBackend(new CpuBackendOptions { Tier = tier, Threads = threads });
    }

    private static Tensor Numbers(Device device, Random random, int rows, int columns) =>
        device.From(Enumerable.Range(0, rows * columns).Select(_ => (random.NextSingle() * 2) - 1).ToArray(), [rows, columns]);

    private static float[] Product(CpuBackend backend, Tensor x, PackedMatrix packed)
    {
        Tensor y = x.Device.Empty([x.Shape[0], packed.Rows], DType.F32);
        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 1, false));
        return y.ToArray();
    }

    /// <summary>What a product of two numbers may be wrong by.</summary>
    private static Mistake MistakeOf(CpuTier tier, DType precision, int rows, BlockFormat format)
    {
        if (rows > BlockProducts.FewRows)
        {
            // Rounding the weight to bf16 costs up to 2^-9 of each product.
            return new Mistake(precision == DType.BF16 ? 1.1 * Math.ScaleB(1, -9) : Math.ScaleB(1, -19), 0);
        }

        // Codes, or what is added to them, take part in every sum.
        bool pairs = precision == DType.BF16 && tier >= CpuTier.Avx512Bf16;
        return new Mistake(0, (pairs ? Math.Max(BlockRecords.Excess(format), 1 << format.Bits) : 1 << format.Bits) * Math.ScaleB(1, -19));
    }

    private static void Check(RandomBlocks w, float[] x, int rows, float[]? bias, float[]? before, double alpha, Tensor y, Mistake mistake)
    {
        float[] found = y.ToArray();
        for (int row = 0; row < rows; row++)
        {
            for (int n = 0; n < w.Rows; n++)
            {
                double sum = 0;
                double bound = 0;
                for (int k = 0; k < w.Columns; k++)
                {
                    double weight = w.Values[(n * w.Columns) + k];
                    double left = x[(row * w.Columns) + k];
                    sum += left * weight;

                    double scale = Math.Abs(w.Scales[((n * w.Columns) + k) / BlockFormat.BlockElements]);
                    bound += Math.Abs(left) * ((Math.Abs(weight) * mistake.OfWeight) + (scale * mistake.OfScale));
                }

                double expected = (alpha * sum) + (bias?[n] ?? 0) + (before?[(row * w.Rows) + n] ?? 0);
                double limit = bound + ((y.DType == DType.BF16 ? Math.ScaleB(1, -8) : Math.ScaleB(1, -20)) * (Math.Abs(expected) + 1));
                Assert.True(Math.Abs(found[(row * w.Rows) + n] - expected) <= limit, $"{w.Format} [{rows}, {w.Rows}, {w.Columns}] at ({row}, {n}): {found[(row * w.Rows) + n]}, expected {expected} +- {limit}");
            }
        }
    }

    private readonly record struct Mistake(double OfWeight, double OfScale);
}
