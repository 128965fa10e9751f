using Attune.Kernels.Cpu;
using Attune.Kernels.Cpu.FewBits;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Products of rows that are rounded to int8 with weights of few bits.</summary>
public sealed class BlockInt8ProductTests
{
    private const int Many = BlockProducts.FewRows + 1;
    private static readonly int[] Rows = [Many, 34, 40, 47, 48, 49, 70, 97];
    private static readonly int[] Extents = [1, 15, 16, 17, 47, 48, 49, 100, 300];

    public static TheoryData<int, bool, DType> Formats => RandomBlocks.Formats;

    [Theory]
    [MemberData(nameof(Formats))]
    public void Random_products_equal_double_precision_within_the_rounding_of_rows(int bits, bool offsets, DType scales)
    {
        using CpuBackend backend = Backend(2);
        using var device = new Device(backend);
        var random = new Random(bits);
        for (int turn = 0; turn < 60; turn++)
        {
            using StepScope scope = device.Scope();
            var w = new RandomBlocks(random, Extents[random.Next(Extents.Length)], 32 * random.Next(1, 20), new BlockFormat(bits, offsets, scales));
            using PackedMatrix packed = backend.TryPackBlocks(w, DType.BF16, roundsRows: true)!;
            int rows = Rows[random.Next(Rows.Length)];
            Tensor x = Numbers(device, random, rows, w.Columns).Cast(turn % 3 == 0 ? DType.F32 : DType.BF16);
            if (turn % 7 == 0)
            {
                // Rows that lie apart.
                x = Numbers(device, random, w.Columns, rows).Transpose();
            }

            Tensor y = Numbers(device, random, rows, w.Rows).Cast(turn % 4 == 0 ? DType.BF16 : DType.F32);
            Tensor? bias = turn % 2 == 0 ? Numbers(device, random, 1, w.Rows).Reshape(w.Rows) : null;
            bool accumulate = turn % 5 < 2;
            double alpha = turn % 6 == 0 ? 0.5 : 1;
            float[] before = y.ToArray();
            Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, bias, alpha, accumulate));
            Check(w, x.Contiguous().ToArray(), rows, bias?.ToArray(), accumulate ? before : null, alpha, y);
        }
    }

    [Fact]
    public void All_tiers_and_any_number_of_threads_give_the_same_bits()
    {
        foreach (BlockFormat format in new[] { new BlockFormat(4, false, DType.F16), new BlockFormat(4, true, DType.F32), new BlockFormat(8, false, DType.F32), new BlockFormat(8, true, DType.F16) })
        {
            float[]? expected = null;
            foreach (CpuTier tier in CpuTiers.Available)
            {
                foreach (int threads in new[] { 1, 2, 3 })
                {
                    float[] found = Product(tier, threads, format);
                    expected ??= found;
                    Assert.Equal(expected, found);
                }
            }
        }
    }

    [Fact]
    public void A_row_has_the_same_bits_among_any_others_and_few_rows_are_not_rounded()
    {
        using CpuBackend backend = Backend(2);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(3);
        var w = new RandomBlocks(random, 700, 320, new BlockFormat(4, HasOffsets: true, DType.F16));
        using PackedMatrix packed = backend.TryPackBlocks(w, DType.BF16, roundsRows: true)!;
        using PackedMatrix plain = backend.TryPackBlocks(w, DType.BF16)!;
        Tensor x = Numbers(device, random, 3 * Many, w.Columns).Cast(DType.BF16);
        float[] all = Product(x, packed);
        Assert.Equal(all.Skip(700).Take(Many * 700), Product(x.Narrow(0, 1, Many), packed));
        Assert.Equal(Product(x.Narrow(0, 0, BlockProducts.FewRows), plain), Product(x.Narrow(0, 0, BlockProducts.FewRows), packed));
    }

    [Fact]
    public void A_large_number_spoils_only_its_own_block()
    {
        using CpuBackend backend = Backend(1);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(2);
        var w = new RandomBlocks(random, 16, 96, new BlockFormat(8, HasOffsets: false, DType.F32));
        using PackedMatrix packed = backend.TryPackBlocks(w, DType.BF16, roundsRows: true)!;
        float[] values = Enumerable.Repeat(0.5f, Many * w.Columns).ToArray();
        values[^1] = 1000;
        float[] y = Product(device.From(values, [Many, w.Columns]), packed);

        // Beside 1,000 the halves of the last block become 0, those of the others stay what they are.
        for (int n = 0; n < w.Rows; n++)
        {
            float sum = (0.5f * w.Values.AsSpan(n * w.Columns, 64).ToArray().Sum()) + (1000 * w.Values[(n * w.Columns) + 95]);
            Assert.Equal(sum, y[((Many - 1) * w.Rows) + n], 1e-3f);
        }
    }

    [Fact]
    public void Zeros_give_zeros_and_what_is_not_finite_stays_so()
    {
        using CpuBackend backend = Backend(1);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var w = new RandomBlocks(new Random(2), 16, 64, new BlockFormat(4, HasOffsets: false, DType.F16));
        using PackedMatrix packed = backend.TryPackBlocks(w, DType.BF16, roundsRows: true)!;
        float[] values = new float[Many * w.Columns];
        values[0] = float.NaN;
        values[w.Columns] = float.PositiveInfinity;
        float[] y = Product(device.From(values, [Many, w.Columns]), packed);
        Assert.All(y.Take(2 * w.Rows), value => Assert.False(float.IsFinite(value)));
        Assert.All(y.Skip(2 * w.Rows), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Products_together_have_the_bits_that_each_has_alone(int threads)
    {
        using CpuBackend backend = Backend(threads);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(threads);
        var format = new BlockFormat(4, HasOffsets: false, DType.F16);
        Tensor x = Numbers(device, random, 50, 320).Cast(DType.BF16);
        int[] sizes = [300, 17, 512];
        PackedMatrix[] weights = [.. sizes.Select(size => backend.TryPackBlocks(new RandomBlocks(random, size, 320, format), DType.BF16, roundsRows: true)!)];
        PackedProduct[] products =
        [
            new(weights[0], Numbers(device, random, 1, sizes[0]).Reshape(sizes[0]), device.Empty([50, sizes[0]], DType.BF16)),
            new(weights[1], null, device.Empty([50, sizes[1]], DType.F32)),
            new(weights[2], Numbers(device, random, 1, sizes[2]).Reshape(sizes[2]).Cast(DType.BF16), device.Empty([50, sizes[2]], DType.BF16)),
        ];
        Assert.True(backend.TryMatMulPacked(x, products));
        foreach (PackedProduct product in products)
        {
            Tensor alone = device.Empty(product.Destination.Shape, product.Destination.DType);
            Assert.True(backend.TryMatMulPacked(x, product.Weight, PackUse.Forward, alone, product.Bias, 1, accumulate: false));
            Assert.Equal(alone.ToArray(), product.Destination.ToArray());
        }

        using PackedMatrix plain = backend.TryPackBlocks(new RandomBlocks(random, 512, 320, format), DType.BF16)!;
        Assert.False(backend.TryMatMulPacked(x, [products[0], new PackedProduct(plain, null, products[2].Destination)]));
        Array.ForEach(weights, weight => weight.Dispose());
    }

    [Fact]
    public void A_low_rank_term_is_added()
    {
        using CpuBackend backend = Backend(2);
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(6);
        var w = new RandomBlocks(random, 700, 320, new BlockFormat(4, HasOffsets: true, DType.F16));
        using PackedMatrix packed = backend.TryPackBlocks(w, DType.BF16, roundsRows: true)!;
        Tensor x = Numbers(device, random, Many, w.Columns).Cast(DType.BF16);
        Tensor hidden = Numbers(device, random, Many, 16).Cast(DType.BF16);
        Tensor b = Numbers(device, random, 16, w.Rows);
        Tensor y = device.Empty([Many, w.Rows], DType.F32);
        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 1, accumulate: false, new LowRankTerm(hidden, b)));
        Tensor expected = device.Empty([Many, w.Rows], DType.F32);
        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, expected, null, 1, accumulate: false));
        backend.MatMul(hidden, b, expected, 1, accumulate: true);
        Assert.All(expected.ToArray().Zip(y.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-4f * (1 + Math.Abs(pair.First))));
    }

    private static CpuBackend Backend(int threads)
    {
        Tiers.Require(CpuTier.Avx512Bf16);
        return new CpuBackend(new CpuBackendOptions { Tier = CpuTier.Avx512Bf16, Threads = threads });
    }

    private static Tensor Numbers(Device device, Random random, int rows, int columns) =>
        device.From(Enumerable.Range(0, rows * columns).Select(_ => (random.NextSingle() * 2) - 1).ToArray(), [rows, columns]);

    private static float[] Product(Tensor x, PackedMatrix packed)
    {
        Tensor y = x.Device.Empty([x.Shape[0], packed.Rows], DType.F32);
        Assert.True(x.Device.Backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 1, false));
        return y.ToArray();
    }

    /// <summary>A product below the backend, which packs such weights on some tiers only.</summary>
    private static unsafe float[] Product(CpuTier tier, int threads, BlockFormat format)
    {
        const int Count = 75;
        using var pool = new WorkerPool(threads);
        using var gemm = new Gemm(pool, tier);
        using var products = new BlockInt8Products(gemm);
        var random = new Random(9);
        var w = new RandomBlocks(random, 330, 544, format);
        using var panels = new BlockPanels(w.Rows, w.Columns, format, DType.BF16, roundsRows: true);
        for (int panel = 0; panel < panels.Panels; panel++)
        {
            panels.Pack(w, panel);
        }

        float[] x = [.. Enumerable.Range(0, Count * w.Columns).Select(_ => random.NextSingle() - 0.5f)];
        float[] y = new float[Count * w.Rows];
        fixed (float* left = x, result = y)
        {
            lock (pool.Runs)
            {
                products.Multiply(new MatrixView(left, DType.F32, Count, w.Columns, w.Columns), panels, new MatrixView(result, DType.F32, Count, w.Rows, w.Rows), default);
            }
        }

        return y;
    }

    /// <summary>The product in double precision; half a code of its block is the bound for every number of a row, and the sum of what is rounded once more.</summary>
    private static void Check(RandomBlocks w, float[] x, int rows, float[]? bias, float[]? before, double alpha, Tensor y)
    {
        float[] found = y.ToArray();
        for (int row = 0; row < rows; row++)
        {
            float[] largest = [.. x.AsSpan(row * w.Columns, w.Columns).ToArray().Chunk(BlockInt8Layout.Codes).Select(block => block.Max(Math.Abs))];
            for (int n = 0; n < w.Rows; n++)
            {
                double sum = 0;
                double bound = 0;
                for (int k = 0; k < w.Columns; k++)
                {
                    double weight = w.Values[(n * w.Columns) + k];
                    double offset = w.Format.HasOffsets ? w.Offsets[((n * w.Columns) + k) / BlockFormat.BlockElements] : 0;
                    sum += x[(row * w.Columns) + k] * weight;
                    bound += largest[k / BlockInt8Layout.Codes] * ((Math.Abs(weight) * 0.5001 / 127) + ((Math.Abs(weight) + Math.Abs(2 * offset)) * Math.ScaleB(1, -20)));
                }

                double expected = (alpha * sum) + (bias?[n] ?? 0) + (before?[(row * w.Rows) + n] ?? 0);
                double limit = bound + ((y.DType == DType.BF16 ? Math.ScaleB(1, -8) : Math.ScaleB(1, -20)) * (Math.Abs(expected) + 1));
                Assert.True(Math.Abs(found[(row * w.Rows) + n] - expected) <= limit, $"{w.Format} [{rows}, {w.Rows}, {w.Columns}] at ({row}, {n}): {found[(row * w.Rows) + n]}, expected {expected} +- {limit}");
            }
        }
    }
}
