using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>How a packed panel of 16 rows by K lies in memory.</summary>
public readonly record struct PanelLayout
{
    /// <summary>Rows of a weight in a panel.</summary>
    public const int PanelRows = 16;

    /// <summary>Bytes of a panel per step along K.</summary>
    public const int StepBytes = 64;

    /// <summary>Describes panels.</summary>
    /// <param name="precision">F32 or BF16: what values are rounded to.</param>
    /// <param name="storage">F32, or BF16 for pairs.</param>
    /// <param name="depth">K.</param>
    /// <param name="forTiles">Steps are padded with zeros to whole AMX tiles, 16 of them.</param>
    public PanelLayout(DType precision, DType storage, int depth, bool forTiles = false)
    {
        Precision = precision;
        Storage = storage;
        Depth = depth;
        ForTiles = forTiles;
    }

    /// <summary>F32 or BF16: what values are rounded to.</summary>
    public DType Precision { get; }

    /// <summary>F32, or BF16 for pairs.</summary>
    public DType Storage { get; }

    /// <summary>K.</summary>
    public int Depth { get; }

    /// <summary>Whether steps are padded with zeros to whole AMX tiles, 16 of them.</summary>
    public bool ForTiles { get; }

    /// <summary>Elements along K in 4 bytes.</summary>
    public int StepElements => Storage == DType.BF16 ? 2 : 1;

    /// <summary>Steps along K.</summary>
    public int Steps
    {
        get
        {
            int steps = (Depth + StepElements - 1) / StepElements;
            return ForTiles ? (steps + TileKernelEmitter.TileSteps - 1) / TileKernelEmitter.TileSteps * TileKernelEmitter.TileSteps : steps;
        }
    }

    /// <summary>Elements along K that are stored: K and the zeros behind it.</summary>
    public int StoredDepth => Steps * StepElements;

    /// <summary>Bytes of a panel.</summary>
    public nint PanelBytes => (nint)Steps * StepBytes;

    /// <summary>Steps of a turned panel that are turned from one panel of the weight, which is 16 rows, and lines of that panel that they are turned from.</summary>
    /// <param name="stepElements">Elements along K in a step.</param>
    public static int PieceSteps(int stepElements) => PanelRows / stepElements;

    /// <summary>Panels that hold <paramref name="rows"/> rows.</summary>
    public static int PanelsOf(int rows) => (int)(((long)rows + PanelRows - 1) / PanelRows);
}
