using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>A kernel to be checked.</summary>
/// <param name="arguments">A product of one tile; changed.</param>
internal unsafe delegate void KernelCall(GemmArguments* arguments);

/// <summary>One tile of a product beside the plain C# reference.</summary>
internal static unsafe class KernelCheck
{
    /// <summary>Whether a kernel gives the reference's bits.</summary>
    /// <param name="storage">Type of the operands.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="panels">Panels of the tile.</param>
    /// <param name="steps">Steps along K.</param>
    /// <param name="addedSteps">Steps of the added product, fewer than <paramref name="steps"/>.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="kernel">The kernel.</param>
    public static bool GivesReferenceBits(DType storage, int rows, int panels, int steps, int addedSteps, GemmKernelFlags flags, KernelCall kernel)
    {
        // Eighths of small integers: all sums are exact, so bits must be equal.
        int columns = panels * PanelLayout.PanelRows;
        int elements = 2 * steps * columns;
        byte* operands = stackalloc byte[elements * sizeof(float)];
        for (int i = 0; i < elements; i++)
        {
            PackedElements.Write(operands, storage, i, ((i * 7 % 13) - 6) / 8f);
        }

        int sums = rows * columns;
        float* expected = stackalloc float[sums];
        float* actual = stackalloc float[sums];
        float* rest = stackalloc float[sums];
        new Span<float>(expected, sums).Clear();
        new Span<float>(actual, sums).Clear();
        new Span<float>(rest, sums).Fill(0.5f);
        var arguments = new GemmArguments
        {
            A = operands + sizeof(uint),
            AStride = 3 * sizeof(uint),
            B = operands,
            PanelStride = steps * PanelLayout.StepBytes,
            Steps = steps,
            AddedA = operands + (2 * sizeof(uint)),
            AddedAStride = 5 * sizeof(uint),
            AddedB = operands + PanelLayout.StepBytes,
            AddedPanelStride = steps * PanelLayout.StepBytes,
            AddedSteps = addedSteps,
            C = (byte*)expected,
            CStride = columns * sizeof(float),
            Bias = rest,
            Addend = (byte*)rest,
            AddendStride = columns * sizeof(float),
            Tiles = 1,
            Alpha = 0.25f,
            ColumnMask = 0x1FF,
        };
        GemmArguments real = arguments with { C = (byte*)actual };
        GemmReference.Run(&arguments, storage, rows, panels, flags);
        kernel(&real);

        // As bits: a NaN must not pass for another, nor differ from itself.
        return new Span<byte>(expected, sums * sizeof(float)).SequenceEqual(new Span<byte>(actual, sums * sizeof(float)));
    }
}
