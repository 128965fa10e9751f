using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>Products of small matrices in scratch memory by the emitted kernels, on the calling thread.</summary>
internal readonly unsafe struct TileProduct
{
    private readonly GemmKernels _kernels;

    public TileProduct(GemmKernels kernels, DType precision)
    {
        _kernels = kernels;
        Storage = kernels.StorageOf(precision);
    }

    /// <summary>F32 or BF16: how operands are stored.</summary>
    public DType Storage { get; }

    /// <summary>Panels for a depth; operands were rounded to their precision before.</summary>
    public PanelLayout Layout(int depth) => new(Storage, Storage, depth);

    /// <summary>Bytes from a row of a left operand to the next: a whole number of cache lines.</summary>
    public nint RowBytes(int depth) => ((Layout(depth).Steps * sizeof(uint)) + 63) & ~63;

    /// <summary>Takes memory for panels.</summary>
    public Panels Take(ref ScratchLayout scratch, int columns, int depth) => At(scratch.Take(PanelLayout.PanelsOf(columns) * Layout(depth).PanelBytes), depth);

    /// <summary>Panels of a depth, one after the other.</summary>
    public Panels At(byte* start, int depth) => new(start, Layout(depth).PanelBytes);

    /// <summary>Packs all rows of a matrix, as the right operand whose columns they become.</summary>
    public Panels Pack(in MatrixView matrix, byte* target)
    {
        Panels panels = At(target, matrix.Columns);
        Pack(matrix, panels);
        return panels;
    }

    /// <summary>Packs all rows of a matrix to where they belong among the panels of a deeper one.</summary>
    public void Pack(in MatrixView matrix, Panels target)
    {
        PanelLayout layout = Layout(matrix.Columns);
        byte* panel = target.Start;
        for (int row = 0; row < matrix.Rows; row += PanelLayout.PanelRows)
        {
            PanelPacker.Pack(matrix, row, layout, panel);
            panel += target.Stride;
        }
    }

    /// <summary>C [rows, columns rounded up to 16] (+)= A [rows, depth] B.</summary>
    /// <param name="a">Rows in the storage type, <see cref="RowBytes"/> apart.</param>
    /// <param name="b">Packed columns.</param>
    /// <param name="c">Single precision.</param>
    /// <param name="cStride">Floats from a row of C to the next.</param>
    /// <param name="rows">Rows of A, at least 1.</param>
    /// <param name="columns">Columns of C.</param>
    /// <param name="depth">Summed elements.</param>
    /// <param name="accumulate">Whether C is added to.</param>
    public void Run(byte* a, Panels b, float* c, int cStride, int rows, int columns, int depth, bool accumulate) =>
        Run(a, RowBytes(depth), b, c, cStride, rows, columns, depth, accumulate);

    /// <summary>The same of rows that lie <paramref name="aStride"/> bytes apart.</summary>
    public void Run(byte* a, nint aStride, Panels b, float* c, int cStride, int rows, int columns, int depth, bool accumulate)
    {
        PanelLayout layout = Layout(depth);
        int panels = PanelLayout.PanelsOf(columns);
        var arguments = new GemmArguments
        {
            AStride = aStride,
            PanelStride = b.Stride,
            Steps = layout.Steps,
            CStride = (nint)cStride * sizeof(float),
            AddendStride = (nint)cStride * sizeof(float),
        };

        // AMX takes whole tiles: operands here are not padded, so other depths stay on vectors.
        bool onTiles = _kernels.UsesTiles(Storage) && layout.Steps % TileKernelEmitter.TileSteps == 0;
        int panel = 0;
        while (panel < panels)
        {
            // Two panels make the tile with the most rows that still uses every loaded element of A twice.
            int width = Math.Min(Math.Min(2, _kernels.MaxPanels), panels - panel);
            int most = onTiles ? TileKernelEmitter.MaxRows : _kernels.MaxRows(width);
            RowCut cut = RowCut.Of(rows, most, onTiles);
            arguments.B = b.Start + (panel * b.Stride);
            arguments.A = a;
            arguments.C = (byte*)(c + (panel * PanelLayout.PanelRows));
            Tiles(ref arguments, cut.UpperRows, width, cut.UpperTiles, accumulate, onTiles);
            int row = cut.UpperTiles * cut.UpperRows;
            arguments.A = a + ((nint)row * arguments.AStride);
            arguments.C = (byte*)(c + ((nint)row * cStride) + (panel * PanelLayout.PanelRows));
            Tiles(ref arguments, cut.LowerRows, width, cut.LowerTiles, accumulate, onTiles);
            panel += width;
        }
    }

    private void Tiles(ref GemmArguments arguments, int height, int width, int tiles, bool accumulate, bool onTiles)
    {
        if (tiles == 0)
        {
            return;
        }

        GemmArguments copy = arguments;
        copy.Tiles = tiles;
        copy.Addend = copy.C;
        _kernels.Run(&copy, Storage, height, width, accumulate ? GemmKernelFlags.AddF32 : GemmKernelFlags.None, GemmFetch.Nothing, onTiles);
    }
}
