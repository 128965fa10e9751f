using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Every emitted kernel for int8 rows and weights of few bits beside the C# one, bit for bit.</summary>
public sealed unsafe class BlockInt8KernelTests
{
    private const int Guard = 64;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Every_tile_equals_the_reference(bool hasOffsets, bool emulated)
    {
        for (int panels = 1; panels <= GemmEmitter.MaxPanels; panels++)
        {
            for (int rows = 1; rows <= Int8GemmEmitter.RowsThatFit(panels); rows++)
            {
                foreach (int blocks in new[] { 1, 2, 5 })
                {
                    Check(emulated, hasOffsets, rows, panels, GemmKernelFlags.None, blocks, tiles: 1 + (blocks % 3));
                    Check(emulated, hasOffsets, rows, panels, GemmKernelFlags.None, blocks, tiles: 2, addedSteps: 1 + (blocks * 31 % GemmEmitter.BlockSteps));
                }
            }
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Every_epilogue_equals_the_reference(bool hasOffsets, bool emulated)
    {
        foreach (GemmKernelFlags flags in GemmProblem.AllFlags)
        {
            for (int panels = 1; panels <= GemmEmitter.MaxPanels; panels++)
            {
                Check(emulated, hasOffsets, Int8GemmEmitter.RowsThatFit(panels), panels, flags, blocks: 3, tiles: 2, addedSteps: (int)flags % 9);
                Check(emulated, hasOffsets, 1, panels, flags, blocks: 1, tiles: 3);
            }
        }
    }

    private static void Check(bool emulated, bool hasOffsets, int rows, int panels, GemmKernelFlags flags, int blocks, int tiles, int addedSteps = 0)
    {
        Assert.SkipUnless(emulated || Int8Kernels.IsSupported, "this machine has no AVX512_VNNI");
        var random = new Random((rows * 1000) + (panels * 100) + blocks);
        int columns = panels * PanelLayout.PanelRows;
        int aStride = (blocks * BlockInt8Layout.RowBytes) + 8;
        int panelBytes = BlockInt8Layout.PanelBytes(hasOffsets);
        int panelStride = (blocks * panelBytes) + Guard;
        int cStride = (columns * sizeof(float)) + Guard;
        byte[] a = Operand(random, rows * tiles, aStride, blocks, BlockInt8Layout.RowBytes, BlockInt8Layout.RowScale, BlockInt8Layout.RowSum, hasOffsets);
        byte[] b = Operand(random, panels, panelStride, blocks, panelBytes, BlockInt8Layout.PanelScales, panelBytes, hasOffsets: false);
        float[] bias = Numbers(random, columns);
        byte[] addend = new byte[rows * tiles * cStride];
        MemoryMarshal.Cast<byte, float>(addend.AsSpan()).Fill(0.75f);
        byte[] expected = new byte[rows * tiles * cStride];
        byte[] actual = new byte[rows * tiles * cStride];
        int addedStride = addedSteps + 3;
        float[] addedA = Numbers(random, rows * tiles * addedStride);
        float[] addedB = Numbers(random, panels * (addedSteps + 1) * PanelLayout.PanelRows);
        fixed (float* addedLeft = addedA, addedRight = addedB, biases = bias)
        fixed (byte* left = a, right = b, added = addend, first = expected, second = actual)
        {
            var arguments = new GemmArguments
            {
                A = left,
                AStride = aStride,
                B = right,
                PanelStride = panelStride,
                Steps = blocks,
                AddedA = (byte*)addedLeft,
                AddedAStride = addedStride * sizeof(float),
                AddedB = (byte*)addedRight,
                AddedPanelStride = (addedSteps + 1) * PanelLayout.StepBytes,
                AddedSteps = addedSteps,
                C = first,
                CStride = cStride,
                Bias = biases,
                Addend = added,
                AddendStride = cStride,
                Tiles = tiles,
                Alpha = 0.3f,
                ColumnMask = 0x1FF,
            };
            GemmArguments real = arguments;
            real.C = second;
            BlockInt8Reference.Run(&arguments, hasOffsets, rows, panels, flags);
            if (emulated)
            {
                var map = new MemoryMap();
                map.Allow("bias", biases, columns * sizeof(float), writable: false);
                ProductMemory.Allow(map, &real, rows * tiles, panels, flags, blocks * BlockInt8Layout.RowBytes, blocks * panelBytes);
                var function = new EmulatedFunction<GemmArguments>(code => BlockInt8Emitter.Emit(code, convertsBF16: false, DType.F32, hasOffsets, rows, panels, flags), isAvailable: false);
                function.Run(&real, map);
            }
            else
            {
                new BlockInt8Kernels(CpuTier.Avx512).Invoke(&real, hasOffsets, rows, panels, flags);
            }
        }

        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{rows} x {panels}, offsets {hasOffsets}, {flags}, {blocks} blocks + {addedSteps} steps, {tiles} tiles");
    }

    /// <summary>Random codes, behind which blocks have random numbers: from <paramref name="scales"/> on fp32, from <paramref name="sums"/> on integers, unless the weight has offsets.</summary>
    private static byte[] Operand(Random random, int count, int stride, int blocks, int blockBytes, int scales, int sums, bool hasOffsets)
    {
        byte[] bytes = new byte[count * stride];
        random.NextBytes(bytes);
        for (int i = 0; i < count; i++)
        {
            for (int block = 0; block < blocks; block++)
            {
                Span<byte> own = bytes.AsSpan((i * stride) + (block * blockBytes), blockBytes);
                Numbers(random, (blockBytes - scales) / sizeof(float)).CopyTo(MemoryMarshal.Cast<byte, float>(own[scales..]));
                if (sums < blockBytes && !hasOffsets)
                {
                    MemoryMarshal.Cast<byte, int>(own[sums..])[0] = random.Next(-100_000, 100_000);
                }
            }
        }

        return bytes;
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
}
