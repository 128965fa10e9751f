using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Cpu;

public sealed class Int8ProductTests
{
    private static readonly int[] Rows = [1, 2, 5, 12, 13, 14, 33, 70];
    private static readonly int[] Ranks = [1, 2, 16, 33, 300];
    private static readonly int[] Extents = [1, 3, 4, 15, 16, 17, 31, 64, 100, 255, 256, 257, 700];

    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Random_products_equal_those_of_the_rounded_operands(CpuTier tier)
    {
        Tiers.Require(tier);
        using var backend = new CpuBackend(new CpuBackendOptions { Tier = tier, Threads = 2 });
        using var device = new Device(backend);
        var random = new Random(5);
        for (int turn = 0; turn < 60; turn++)
        {
            using StepScope scope = device.Scope();
            PackUse direction = turn % 2 == 0 ? PackUse.Forward : PackUse.Backward;
            Tensor weight = Numbers(device, random, Extents[random.Next(Extents.Length)], Extents[random.Next(Extents.Length)]);
            using PackedMatrix packed = backend.TryPack(weight, DType.I8, PackUse.Forward | PackUse.Backward, null)!;
            (int columns, int depth) = direction == PackUse.Forward ? (packed.Rows, packed.Columns) : (packed.Columns, packed.Rows);
            int rows = Rows[random.Next(Rows.Length)];
            Tensor x = Numbers(device, random, rows, depth).Cast(turn % 3 == 0 ? DType.F32 : DType.BF16);
            Tensor y = Numbers(device, random, rows, columns).Cast(turn % 4 == 0 ? DType.BF16 : DType.F32);
            Tensor? bias = turn % 5 < 2 ? Numbers(device, random, 1, columns).Reshape(columns) : null;
            bool accumulate = turn % 3 == 1;
            double alpha = turn % 6 == 0 ? 0.5 : 1;
            float[] before = y.ToArray();
            DType rounded = turn % 7 < 4 ? DType.BF16 : DType.F32;
            int rank = Ranks[turn % Ranks.Length];
            LowRankTerm? term = turn % 4 < 3 ? new LowRankTerm(Numbers(device, random, rows, rank).Cast(rounded), Numbers(device, random, rank, columns)) : null;
            Assert.True(backend.TryMatMulPacked(x, packed, direction, y, bias, alpha, accumulate, term));
            float[] expected = Expected(x, Unpacked(device, packed), direction, alpha, bias?.ToArray(), accumulate ? before : null, out float[] bounds);
            float[] found = y.ToArray();
            double rounding = y.DType == DType.BF16 ? 1 / 256.0 : 1e-5;
            AddTerm(term, alpha, expected, bounds);
            for (int i = 0; i < found.Length; i++)
            {
                double limit = bounds[i] + (rounding * (Math.Abs(expected[i]) + 1));
                Assert.True(Math.Abs(found[i] - expected[i]) <= limit, $"{direction} [{rows}, {columns}, {depth}] at {i}: {found[i]}, expected {expected[i]} +- {limit}");
            }
        }
    }

    [Fact]
    public void All_tiers_and_any_number_of_threads_give_the_same_bits()
    {
        float[]? expected = null;
        foreach (CpuTier tier in CpuTiers.Available)
        {
            foreach (int threads in new[] { 1, 2, 3 })
            {
                using var backend = new CpuBackend(new CpuBackendOptions { Tier = tier, Threads = threads });
                using var device = new Device(backend);
                using StepScope scope = device.Scope();
                var random = new Random(9);
                Tensor weight = Numbers(device, random, 330, 523);
                using PackedMatrix packed = backend.TryPack(weight, DType.I8, PackUse.Forward | PackUse.Backward, null)!;
                Tensor y = device.Empty([75, 330], DType.F32);
                Tensor dX = device.Empty([75, 523], DType.F32);
                Assert.True(backend.TryMatMulPacked(Numbers(device, random, 75, 523), packed, PackUse.Forward, y, null, 1, false));
                Assert.True(backend.TryMatMulPacked(Numbers(device, random, 75, 330), packed, PackUse.Backward, dX, null, 1, false));
                float[] found = [.. y.ToArray(), .. dX.ToArray()];
                expected ??= found;
                Assert.Equal(expected, found);
            }
        }
    }

    [Fact]
    public void Rows_that_lie_apart_or_as_halves_give_the_bits_of_those_side_by_side()
    {
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        var random = new Random(4);
        foreach (int depth in new[] { 64, 200, 576 })
        {
            Tensor weight = Numbers(device, random, 48, depth);
            using PackedMatrix packed = backend.TryPack(weight, DType.I8, PackUse.Forward, null)!;
            Tensor x = Numbers(device, random, 20, depth).Cast(DType.BF16).Cast(DType.F32);
            float[] expected = Product(backend, x, packed);
            Assert.Equal(expected, Product(backend, x.Cast(DType.BF16), packed));
            Assert.Equal(expected, Product(backend, x.Transpose().Contiguous().Transpose(), packed));
            Tensor halves = x.Cast(DType.F16);
            Assert.Equal(Product(backend, halves.Cast(DType.F32), packed), Product(backend, halves, packed));
        }
    }

    [Fact]
    public void A_large_number_spoils_only_its_own_block()
    {
        const int Numbers = 8 * Int8Arguments.BlockCodes;
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        using StepScope scope = device.Scope();
        Tensor weight = device.From(Enumerable.Repeat(1f, 16 * Numbers).ToArray(), [16, Numbers]);
        using PackedMatrix packed = backend.TryPack(weight, DType.I8, PackUse.Forward, null)!;
        float[] values = Enumerable.Repeat(0.5f, Numbers).ToArray();
        values[^1] = 1000;

        // Beside 1,000 the halves of the last block become 0, those of the others stay what they are.
        Assert.All(Product(backend, device.From(values, [1, Numbers]), packed), sum => Assert.Equal(1000 + (0.5f * (Numbers - Int8Arguments.BlockCodes)), sum, 0.01f));
    }

    private static Tensor Numbers(Device device, Random random, int rows, int columns) =>
        device.From(Enumerable.Range(0, rows * columns).Select(_ => (random.NextSingle() * 2) - 1).ToArray(), [rows, columns]);

    private static float[] Product(CpuBackend backend, Tensor x, PackedMatrix packed)
    {
        Tensor y = x.Device.Empty([x.Shape[0], packed.Rows], DType.F32);
        Assert.True(backend.TryMatMulPacked(x, packed, PackUse.Forward, y, null, 1, false));
        return y.ToArray();
    }

    private static float[] Unpacked(Device device, PackedMatrix packed)
    {
        Tensor values = device.Empty([packed.Rows, packed.Columns], DType.F32);
        packed.Unpack(values);
        return values.ToArray();
    }

    /// <summary>Adds alpha times a term; the bound grows by half a bf16 step of each product and, where the term is rounded on its own, of the result.</summary>
    private static void AddTerm(LowRankTerm? term, double alpha, float[] expected, float[] bounds)
    {
        if (term is not { } product)
        {
            return;
        }

        float[] left = product.Left.ToArray();
        float[] right = product.Right.ToArray();
        int rank = (int)product.Rank;
        int columns = right.Length / rank;
        for (int i = 0; i < expected.Length; i++)
        {
            double sum = 0;
            double magnitude = 0;
            for (int k = 0; k < rank; k++)
            {
                double value = alpha * left[(i / columns * rank) + k] * right[(k * columns) + (i % columns)];
                sum += value;
                magnitude += Math.Abs(value);
            }

            bounds[i] += (float)((magnitude + Math.Abs(expected[i])) / (product.Left.DType == DType.BF16 ? 128 : 10_000));
            expected[i] += (float)sum;
        }
    }

    /// <summary>The product with the weight's own codes in double precision; the bound is half a code of the left operand's block for every number.</summary>
    private static float[] Expected(Tensor x, float[] weight, PackUse direction, double alpha, float[]? bias, float[]? before, out float[] bounds)
    {
        float[] left = x.ToArray();
        int rows = (int)x.Shape[0];
        int depth = (int)x.Shape[1];
        int columns = weight.Length / depth;
        float[] result = new float[rows * columns];
        bounds = new float[rows * columns];
        float[] scales = direction == PackUse.Forward ? [] : [.. weight.Chunk(columns).Select(row => row.Max(Math.Abs))];
        for (int row = 0; row < rows; row++)
        {
            // Where the scales of the weight are multiplied into the row, a code is that much coarser for small scales.
            float[] largest = [.. Enumerable.Range(0, depth).Select(k => Math.Abs(left[(row * depth) + k]) * (scales.Length == 0 ? 1 : scales[k])).Chunk(Int8Arguments.BlockCodes).Select(block => block.Max())];
            for (int column = 0; column < columns; column++)
            {
                double sum = 0;
                double bound = 0;
                for (int k = 0; k < depth; k++)
                {
                    double w = direction == PackUse.Forward ? weight[(column * depth) + k] : weight[(k * columns) + column];
                    sum += left[(row * depth) + k] * w;
                    double share = scales.Length == 0 ? Math.Abs(w) : scales[k] > 0 ? Math.Abs(w) / scales[k] : 0;
                    bound += largest[k / Int8Arguments.BlockCodes] / 127 * 0.501 * share;
                }

                int i = (row * columns) + column;
                result[i] = (float)((alpha * sum) + (bias?[column] ?? 0) + (before?[i] ?? 0));
                bounds[i] = (float)(Math.Abs(alpha) * bound);
            }
        }

        return result;
    }
}
