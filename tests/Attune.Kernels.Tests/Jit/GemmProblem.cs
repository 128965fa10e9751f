using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>Tiles of a product below each other, as a kernel gets them.</summary>
/// <param name="Storage">Type of A and B.</param>
/// <param name="Rows">Rows of a tile.</param>
/// <param name="Panels">Panels of a tile.</param>
/// <param name="Steps">Steps along K.</param>
/// <param name="Tiles">Number of tiles.</param>
/// <param name="Flags">What is done with the sums.</param>
internal sealed record GemmProblem(DType Storage, int Rows, int Panels, int Steps, int Tiles, GemmKernelFlags Flags)
{
    /// <summary>Bytes between rows.</summary>
    public int Gap { get; init; } = 8;

    /// <summary>What is fetched meanwhile.</summary>
    public GemmFetch Fetch { get; init; }

    /// <summary>Steps of the added product.</summary>
    public int AddedSteps { get; init; }

    /// <summary>The stride of A is 0.</summary>
    public bool RepeatsRow { get; init; }

    /// <summary>The addend is C.</summary>
    public bool Accumulates { get; init; }

    /// <summary>The operand whose last byte the kernel may not touch.</summary>
    public string? Shortened { get; init; }

    /// <summary>Numbers are any of [-1, 1); else they are eighths of small integers, whose sums are exact in any order.</summary>
    public bool IsRounded { get; init; }

    public int Height => Rows * Tiles;

    public int Width => Panels * PanelLayout.PanelRows;

    public DType ResultType => Flags.HasFlag(GemmKernelFlags.StoreBF16) ? DType.BF16 : DType.F32;

    public DType AddendType => Flags.HasFlag(GemmKernelFlags.AddBF16) ? DType.BF16 : DType.F32;

    /// <summary>Columns of the last panel that exist.</summary>
    public int LastColumns => Flags.HasFlag(GemmKernelFlags.Masked) ? 1 + (Rows % 15) : PanelLayout.PanelRows;

    /// <summary>All flags that a kernel may have: not both kinds of addend.</summary>
    public static IEnumerable<GemmKernelFlags> AllFlags => Enumerable.Range(0, 64).Select(flags => (GemmKernelFlags)flags)
        .Where(flags => !flags.HasFlag(GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16));
}
