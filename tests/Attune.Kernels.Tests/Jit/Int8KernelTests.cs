using System.Runtime.InteropServices;
using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Every emitted int8 kernel beside the C# one, bit for bit.</summary>
public sealed unsafe class Int8KernelTests
{
    private const int Guard = 64;

    [Fact]
    public void Every_tile_equals_the_reference()
    {
        for (int panels = 1; panels <= GemmEmitter.MaxPanels; panels++)
        {
            for (int rows = 1; rows <= GemmEmitter.RowsThatFit(panels, panelVectors: 1, registers: 32); rows++)
            {
                foreach (int steps in new[] { 1, 3, 4, 63, 64, 65, 130 })
                {
                    Check(rows, panels, GemmKernelFlags.None, steps, tiles: 1 + (steps % 3));
                }
            }
        }
    }

    [Fact]
    public void Every_epilogue_equals_the_reference()
    {
        for (int flags = 0; flags < 128; flags++)
        {
            if (((GemmKernelFlags)flags & (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16)) == (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16))
            {
                continue;
            }

            for (int panels = 1; panels <= GemmEmitter.MaxPanels; panels++)
            {
                Check(GemmEmitter.RowsThatFit(panels, panelVectors: 1, registers: 32), panels, (GemmKernelFlags)flags, steps: 70, tiles: 2);
                Check(1, panels, (GemmKernelFlags)flags, steps: 1, tiles: 3);
            }
        }
    }

    private static void Check(int rows, int panels, GemmKernelFlags flags, int steps, int tiles)
    {
        Assert.SkipUnless(Int8Kernels.IsSupported, "this machine has no AVX512_VNNI");
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
                    C = first,
                    CStride = cStride,
                    Bias = scale,
                    Addend = added,
                    AddendStride = cStride,
                    Tiles = tiles,
                    PrefetchDistance = 512,
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
            new Int8Kernels(CpuTier.Avx512).Invoke(&real, rows, panels, flags);
        }

        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{rows} x {panels}, {flags}, {steps} steps, {tiles} tiles");
    }
}
