using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Every emitted int8 kernel beside the C# one, bit for bit.</summary>
public sealed unsafe class Int8KernelTests
{
    private const int Guard = 64;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_tile_equals_the_reference(bool emulated)
    {
        for (int panels = 1; panels <= GemmEmitter.MaxPanels; panels++)
        {
            for (int rows = 1; rows <= Int8GemmEmitter.RowsThatFit(panels); rows++)
            {
                foreach (int steps in emulated ? [1, 3, 65] : new[] { 1, 3, 4, 63, 64, 65, 130 })
                {
                    Check(emulated, rows, panels, GemmKernelFlags.None, steps, tiles: 1 + (steps % 3));
                    Check(emulated, rows, panels, GemmKernelFlags.None, steps, tiles: 2, addedSteps: 1 + (steps * 7 % GemmEmitter.BlockSteps), GemmFetch.Pieces);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_epilogue_equals_the_reference(bool emulated)
    {
        foreach (GemmKernelFlags flags in GemmProblem.AllFlags)
        {
            for (int panels = 1; panels <= GemmEmitter.MaxPanels; panels++)
            {
                foreach (GemmFetch fetch in emulated ? [(GemmFetch)((int)flags % 4)] : Enum.GetValues<GemmFetch>())
                {
                    Check(emulated, Int8GemmEmitter.RowsThatFit(panels), panels, flags, steps: emulated ? 34 : 70, tiles: 2, addedSteps: (int)flags % 9, fetch);
                    Check(emulated, 1, panels, flags, steps: 1, tiles: 3, fetch: fetch);
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_product_of_bf16_is_added_as_that_of_the_same_numbers_in_fp32(bool emulated)
    {
        bool isAvailable = Int8Kernels.IsSupported && CpuTier.Avx512Bf16.IsAvailable;
        Assert.SkipUnless(emulated || isAvailable, "this machine has no AVX512_VNNI or no AVX512_BF16");
        const int Rows = 6;
        const int Panels = 2;
        const int Columns = Panels * PanelLayout.PanelRows;
        const int Rank = 16;
        var random = new Random(3);
        float[] a = Numbers(random, Rows * Rank);
        float[] b = Numbers(random, Rank * Columns);
        ushort[] pairsOfA = [.. a.Select(BFloat16.FromSingle)];
        float[] panelsOfB = new float[b.Length];
        ushort[] pairsOfB = new ushort[b.Length];
        for (int i = 0; i < b.Length; i++)
        {
            (int step, int column) = (i / Columns, i % Columns);
            int panel = column / PanelLayout.PanelRows * PanelLayout.PanelRows * Rank;
            int lane = column % PanelLayout.PanelRows;
            panelsOfB[panel + (step * PanelLayout.PanelRows) + lane] = b[i];
            pairsOfB[panel + (((step / 2 * PanelLayout.PanelRows) + lane) * 2) + (step % 2)] = BFloat16.FromSingle(b[i]);
        }

        float[] expected = new float[Rows * Columns];
        float[] actual = new float[Rows * Columns];
        float[] ones = [.. Enumerable.Repeat(1f, Columns)];
        int[] corrections = new int[Columns];
        fixed (float* left = a, right = panelsOfB, first = expected, second = actual, scales = ones)
        fixed (ushort* pairs = pairsOfA, panels = pairsOfB)
        fixed (int* corrected = corrections)
        {
            var arguments = new Int8Arguments
            {
                Product = new GemmArguments
                {
                    AddedA = (byte*)left,
                    AddedAStride = Rank * sizeof(float),
                    AddedB = (byte*)right,
                    AddedPanelStride = Rank * PanelLayout.StepBytes,
                    AddedSteps = Rank,
                    C = (byte*)first,
                    CStride = Columns * sizeof(float),
                    Tiles = 1,
                    Alpha = 1,
                },
                RowScales = scales,
                Corrections = corrected,
                ColumnScales = scales,
            };
            Int8Arguments real = arguments;
            real.Product.AddedA = (byte*)pairs;
            real.Product.AddedAStride /= 2;
            real.Product.AddedB = (byte*)panels;
            real.Product.AddedPanelStride /= 2;
            real.Product.AddedSteps /= 2;
            real.Product.C = (byte*)second;
            Int8Reference.Run(&arguments, Rows, Panels, GemmKernelFlags.None);
            if (emulated)
            {
                var map = new MemoryMap();
                map.Allow("the scales", scales, ones.Length * sizeof(float), writable: false);
                map.Allow("corrections", corrected, corrections.Length * sizeof(int), writable: false);
                Allow(map, &real.Product, Rows, Panels, GemmKernelFlags.None);
                var function = new EmulatedFunction<Int8Arguments>(
                    static code => Int8GemmEmitter.Emit(code, convertsBF16: true, DType.BF16, Rows, Panels, GemmKernelFlags.None, GemmFetch.Rows), isAvailable);
                function.Run(&real, map);
            }
            else
            {
                new Int8Kernels(CpuTier.Avx512Bf16).Invoke(&real, Rows, Panels, GemmKernelFlags.None, added: DType.BF16);
            }
        }

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => BFloat16.ToSingle(BFloat16.FromSingle(random.NextSingle() - 0.5f)))];

    private static void Check(bool emulated, int rows, int panels, GemmKernelFlags flags, int steps, int tiles, int addedSteps = 0, GemmFetch fetch = GemmFetch.Rows)
    {
        Assert.SkipUnless(emulated || Int8Kernels.IsSupported, "this machine has no AVX512_VNNI");
        var random = new Random((rows * 1000) + (panels * 100) + steps);
        int columns = panels * PanelLayout.PanelRows;
        int blocks = (steps + Int8Arguments.BlockSteps - 1) / Int8Arguments.BlockSteps;
        int aStride = (steps * Int8Arguments.StepCodes) + 8;
        int cStride = (columns * sizeof(float)) + Guard;
        byte[] a = new byte[rows * tiles * aStride];
        byte[] b = new byte[panels * ((steps * PanelLayout.StepBytes) + Guard)];
        random.NextBytes(a);
        random.NextBytes(b);
        int[] corrections = [.. Enumerable.Range(0, blocks * columns).Select(_ => random.Next(-100_000, 100_000))];
        float[] scales = [.. Enumerable.Range(0, Math.Max(rows * tiles * blocks, columns)).Select(_ => random.NextSingle() - 0.5f)];
        byte[] addend = new byte[rows * tiles * cStride];
        MemoryMarshal.Cast<byte, float>(addend.AsSpan()).Fill(0.75f);
        byte[] expected = new byte[rows * tiles * cStride];
        byte[] actual = new byte[rows * tiles * cStride];
        int addedStride = addedSteps + 3;
        float[] addedA = Numbers(random, rows * tiles * addedStride);
        float[] addedB = Numbers(random, panels * (addedSteps + 1) * PanelLayout.PanelRows);
        fixed (float* addedLeft = addedA, addedRight = addedB)
        fixed (byte* left = a, right = b, added = addend, first = expected, second = actual)
        fixed (int* corrected = corrections)
        fixed (float* scale = scales)
        {
            var arguments = new Int8Arguments
            {
                Product = new GemmArguments
                {
                    A = left,
                    AStride = aStride,
                    B = right,
                    PanelStride = (steps * PanelLayout.StepBytes) + Guard,
                    Steps = steps,
                    AddedA = (byte*)addedLeft,
                    AddedAStride = addedStride * sizeof(float),
                    AddedB = (byte*)addedRight,
                    AddedPanelStride = (addedSteps + 1) * PanelLayout.StepBytes,
                    AddedSteps = addedSteps,
                    C = first,
                    CStride = cStride,
                    Bias = scale,
                    Addend = added,
                    AddendStride = cStride,
                    Tiles = tiles,
                    PrefetchDistance = 512,
                    PrefetchFrom = right,
                    Alpha = 0.3f,
                    ColumnMask = 0x1FF,
                },
                RowScales = scale,
                RowScaleStride = blocks * sizeof(float),
                Corrections = corrected,
                CorrectionStride = columns * sizeof(int),
                ColumnScales = scale,
            };
            Int8Arguments real = arguments;
            real.Product.C = second;
            Int8Reference.Run(&arguments, rows, panels, flags);
            if (emulated)
            {
                var map = new MemoryMap();
                map.Allow("the numbers", scale, scales.Length * sizeof(float), writable: false);
                map.Allow("corrections", corrected, corrections.Length * sizeof(int), writable: false);
                Allow(map, &real.Product, rows * tiles, panels, flags);
                var function = new EmulatedFunction<Int8Arguments>(code => Int8GemmEmitter.Emit(code, convertsBF16: false, DType.F32, rows, panels, flags, fetch), isAvailable: false);
                function.Run(&real, map);
            }
            else
            {
                new Int8Kernels(CpuTier.Avx512).Invoke(&real, rows, panels, flags, fetch);
            }
        }

        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{rows} x {panels}, {flags}, {fetch}, {steps} + {addedSteps} steps, {tiles} tiles");
    }

    private static void Allow(MemoryMap map, GemmArguments* product, int height, int panels, GemmKernelFlags flags) =>
        ProductMemory.Allow(map, product, height, panels, flags, product->Steps * Int8Arguments.StepCodes, product->Steps * PanelLayout.StepBytes);
}
