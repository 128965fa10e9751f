using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Every kernel beside the plain C# reference.</summary>
public sealed unsafe class GemmKernelsTests
{
    private const int Guard = 64;
    private static readonly int[] StepCounts = [0, 1, 3, 4, 5, 17];

    public static TheoryData<CpuTier> AllTiers => Tiers.All;

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Every_tile_equals_the_reference(CpuTier tier)
    {
        Tiers.Require(tier);
        GemmKernels kernels = GemmKernels.For(tier);
        foreach (DType storage in Storages(kernels))
        {
            for (int panels = 1; panels <= kernels.MaxPanels; panels++)
            {
                for (int rows = 1; rows <= kernels.MaxRows(panels); rows++)
                {
                    foreach (int steps in StepCounts)
                    {
                        Check(kernels, storage, rows, panels, GemmKernelFlags.None, steps, tiles: 1 + (steps % 3));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Every_tile_adds_a_second_product(CpuTier tier)
    {
        Tiers.Require(tier);
        GemmKernels kernels = GemmKernels.For(tier);
        foreach (DType storage in Storages(kernels))
        {
            for (int panels = 1; panels <= kernels.MaxPanels; panels++)
            {
                for (int rows = 1; rows <= kernels.MaxRows(panels); rows++)
                {
                    foreach (int steps in StepCounts)
                    {
                        int addedSteps = 1 + ((rows + (5 * steps)) % 11);
                        Check(kernels, storage, rows, panels, GemmKernelFlags.None, steps, tiles: 1 + (steps % 3), addedSteps);
                    }
                }

                Check(kernels, storage, kernels.MaxRows(panels), panels, GemmKernelFlags.None, steps: 1100, tiles: 2, addedSteps: GemmEmitter.BlockSteps, GemmFetch.Panels);
                foreach (int steps in new[] { 5, 8, 1100 })
                {
                    Check(kernels, storage, kernels.MaxRows(panels), panels, GemmKernelFlags.None, steps, tiles: 2, fetch: GemmFetch.Nothing);
                    Check(kernels, storage, kernels.MaxRows(panels), panels, GemmKernelFlags.None, steps, tiles: 9, addedSteps: 16, GemmFetch.Pieces);
                }
            }
        }
    }

    /// <summary>Sums of more steps than a block has.</summary>
    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Long_tiles_equal_the_reference(CpuTier tier)
    {
        Tiers.Require(tier);
        GemmKernels kernels = GemmKernels.For(tier);
        foreach (DType storage in Storages(kernels))
        {
            for (int panels = 1; panels <= kernels.MaxPanels; panels++)
            {
                foreach (int steps in new[] { 127, 128, 129, 300, 511, 512, 513, 1100 })
                {
                    Check(kernels, storage, kernels.MaxRows(panels), panels, GemmKernelFlags.None, steps, tiles: 2);
                    Check(kernels, storage, 1, panels, GemmKernelFlags.None, steps, tiles: 1);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Every_epilogue_equals_the_reference(CpuTier tier)
    {
        Tiers.Require(tier);
        GemmKernels kernels = GemmKernels.For(tier);
        foreach (DType storage in Storages(kernels))
        {
            for (int flags = 0; flags < 64; flags++)
            {
                if (((GemmKernelFlags)flags & (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16)) == (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16))
                {
                    continue;
                }

                for (int panels = 1; panels <= kernels.MaxPanels; panels++)
                {
                    foreach (GemmFetch fetch in Enum.GetValues<GemmFetch>())
                    {
                        Check(kernels, storage, kernels.MaxRows(panels), panels, (GemmKernelFlags)flags, steps: 6, tiles: 2, addedSteps: 5, fetch);
                        Check(kernels, storage, 1, panels, (GemmKernelFlags)flags, steps: 1, tiles: 3, fetch: fetch);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllTiers))]
    public void Not_a_number_and_infinity_pass_through_every_store(CpuTier tier)
    {
        Tiers.Require(tier);
        GemmKernels kernels = GemmKernels.For(tier);
        float* a = stackalloc float[1] { 1 };
        float* b = stackalloc float[16] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1, 3.3895314E+38f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        ushort* c = stackalloc ushort[16];
        var arguments = new GemmArguments { A = (byte*)a, B = (byte*)b, Steps = 1, C = (byte*)c, Tiles = 1 };
        kernels.Get(DType.F32, 1, 1, GemmKernelFlags.StoreBF16).Invoke(&arguments);
        Assert.True(float.IsNaN(BFloat16.ToSingle(c[0])));
        Assert.Equal(float.PositiveInfinity, BFloat16.ToSingle(c[1]));
        Assert.Equal(float.NegativeInfinity, BFloat16.ToSingle(c[2]));
        Assert.Equal(1, BFloat16.ToSingle(c[3]));
        Assert.Equal(3.3895314E+38f, BFloat16.ToSingle(c[4]));
    }

    [Fact]
    public void The_same_kernel_is_emitted_once()
    {
        GemmKernels kernels = GemmKernels.For(CpuTiers.Available[^1]);
        Assert.Equal(kernels.Get(DType.F32, 2, 1, GemmKernelFlags.None), kernels.Get(DType.F32, 2, 1, GemmKernelFlags.None));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(16, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 5)]
    public void Tiles_that_do_not_fit_are_refused(int rows, int panels) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => GemmKernels.For(CpuTiers.Available[^1]).Get(DType.F32, rows, panels, GemmKernelFlags.None));

    private static DType[] Storages(GemmKernels kernels) => [.. new[] { DType.F32, DType.BF16 }.Select(kernels.StorageOf).Distinct()];

    private static void Check(GemmKernels kernels, DType storage, int rows, int panels, GemmKernelFlags flags, int steps, int tiles, int addedSteps = 0, GemmFetch fetch = GemmFetch.Rows)
    {
        string what = $"{kernels.Tier} {storage} {rows} x {panels}, {flags}, {fetch}, {steps} + {addedSteps} steps";
        var random = new Random((rows * 31) + (panels * 7) + (int)flags + steps);
        int height = rows * tiles;
        int width = panels * 16;
        int lastColumns = (flags & GemmKernelFlags.Masked) != 0 ? 1 + random.Next(16) : 16;
        float[] a = Operand(random, storage, height * (steps + 1));
        float[] b = Operand(random, storage, ((panels * steps) + 1) * 16);
        float[] addedA = Operand(random, storage, height * (addedSteps + 3));
        float[] addedB = Operand(random, storage, panels * (addedSteps + 1) * 16);
        float[] addend = new float[(height * width) + Guard];
        float[] bias = new float[width];
        FillRandom(random, MemoryMarshal.AsBytes(addend.AsSpan()), (flags & GemmKernelFlags.AddBF16) != 0 ? DType.BF16 : DType.F32);
        FillRandom(random, MemoryMarshal.AsBytes(bias.AsSpan()), DType.F32);
        float[] expected = new float[(height * width) + Guard];
        float[] actual = new float[(height * width) + Guard];
        bool narrow = (flags & GemmKernelFlags.StoreBF16) != 0;
        fixed (float* pa = a, pb = b, pAddedA = addedA, pAddedB = addedB, pAddend = addend, pBias = bias, pExpected = expected, pActual = actual)
        {
            var arguments = new GemmArguments
            {
                A = (byte*)pa,
                AStride = (steps + 1) * 4,
                B = (byte*)pb,
                PanelStride = steps * 64,
                Steps = steps,
                AddedA = (byte*)pAddedA,
                AddedAStride = (addedSteps + 3) * 4,
                AddedB = (byte*)pAddedB,
                AddedPanelStride = (addedSteps + 1) * 64,
                AddedSteps = addedSteps,
                C = (byte*)pExpected,
                CStride = width * (narrow ? 2 : 4),
                Bias = pBias,
                Addend = (byte*)pAddend,
                AddendStride = width * ((flags & GemmKernelFlags.AddBF16) != 0 ? 2 : 4),
                Tiles = tiles,
                Alpha = -0.75f,
                PrefetchDistance = 1 << 20,
                PrefetchFrom = (byte*)pb,
                ColumnMask = (1u << lastColumns) - 1,
            };
            GemmArguments real = arguments with { C = (byte*)pActual };
            GemmReference.Run(&arguments, storage, rows, panels, flags);
            kernels.Get(storage, rows, panels, flags, fetch).Invoke(&real);
            Assert.Equal(0, real.Tiles);
        }

        // All numbers are at most 1: the sum of magnitudes is at most 2 products per step, 1.75 the rest.
        double magnitudeBound = (2 * (steps + addedSteps)) + 2;
        double tolerance = ((2 * (steps + addedSteps)) + 4) * Math.Pow(2, -23) * magnitudeBound;
        for (int i = 0; i < expected.Length * (narrow ? 2 : 1); i++)
        {
            double want = narrow ? BFloat16.ToSingle(MemoryMarshal.Cast<float, ushort>(expected)[i]) : expected[i];
            double got = narrow ? BFloat16.ToSingle(MemoryMarshal.Cast<float, ushort>(actual)[i]) : actual[i];
            // Sums on both sides of a tie round to neighbours, which are at most 2^-7 apart.
            double bound = tolerance + (narrow ? Math.Abs(want) * Math.Pow(2, -7) : 0);
            Assert.True(Math.Abs(want - got) <= bound, $"{what}: element {i} is {got}, expected {want}");
        }
    }

    private static float[] Operand(Random random, DType storage, int count)
    {
        float[] values = new float[count];
        FillRandom(random, MemoryMarshal.AsBytes(values.AsSpan()), storage);
        return values;
    }

    private static void FillRandom(Random random, Span<byte> bytes, DType dtype)
    {
        if (dtype == DType.BF16)
        {
            foreach (ref ushort value in MemoryMarshal.Cast<byte, ushort>(bytes))
            {
                value = BFloat16.FromSingle((random.NextSingle() * 2) - 1);
            }
        }
        else
        {
            foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes))
            {
                value = (random.NextSingle() * 2) - 1;
            }
        }
    }
}
