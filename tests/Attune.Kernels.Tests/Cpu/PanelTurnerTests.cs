using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

/// <summary>Products with a packed weight from its other side, beside those with the transpose packed by itself.</summary>
public sealed class PanelTurnerTests
{
    private static readonly int[] Extents = [1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 48, 64, 100, 129];

    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Turned_products_have_the_bits_of_packed_ones(CpuTier tier)
    {
        Tiers.Require(tier);
        Check(GemmKernels.For(tier), turns: 150);
    }

    [Fact]
    public void Turned_products_on_tiles_have_the_bits_of_packed_ones()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && CpuTier.Avx512Bf16.IsAvailable, "tile kernels are emitted for Linux, and their panels turned with AVX-512");
        Check(GemmKernels.WithTiles(new EmulatedProcessor()), turns: 40);
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Deep_products_are_turned_part_by_part(CpuTier tier)
    {
        Tiers.Require(tier);
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, tier);
        Compare(gemm, DType.BF16, new Random(3), rows: 3, columns: 33, depth: (1 << 14) + 4999);
        Compare(gemm, DType.F32, new Random(4), rows: 2, columns: 17, depth: (1 << 13) + 1033);
    }

    private static void Check(GemmKernels kernels, int turns)
    {
        using var pool = new WorkerPool(2);
        using var gemm = new Gemm(pool, kernels);
        var random = new Random(7);
        for (int turn = 0; turn < turns; turn++)
        {
            DType precision = turn % 2 == 0 ? DType.BF16 : DType.F32;
            Compare(gemm, precision, random, Extents[random.Next(Extents.Length)], Extents[random.Next(Extents.Length)], Extents[random.Next(Extents.Length)]);
        }
    }

    private static void Compare(Gemm gemm, DType precision, Random random, int rows, int columns, int depth)
    {
        using TestMatrix a = new TestMatrix(precision, rows, depth).Randomise(random);
        using TestMatrix w = new TestMatrix(precision, depth, columns).Randomise(random);
        using TestMatrix expected = new(DType.F32, rows, columns);
        using TestMatrix actual = new(DType.F32, rows, columns);
        using (PackedPanels transposed = gemm.Pack(w.View.Transposed, precision))
        {
            gemm.Multiply(a.View, transposed, expected.View);
        }

        using PackedPanels panels = gemm.Pack(w.View, precision);
        gemm.Multiply(a.View, new RightOperand(panels, IsTurned: true), actual.View, default);
        Assert.True(actual.Bytes.SequenceEqual(expected.Bytes), $"{precision} [{rows}, {depth}] by [{depth}, {columns}]");
    }
}
