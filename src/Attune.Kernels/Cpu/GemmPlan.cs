using Attune.Kernels.Jit;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>How a product is cut: the register tile, and the blocks of C that are handed to threads. None of it changes a bit of the result.</summary>
internal readonly struct GemmPlan
{
    /// <summary>
    /// Bytes of A that a block of rows may take: a part of the third-level cache. Panels are used for all rows of a block while they are near, and A, a few bytes
    /// per step, is fetched ahead by the processor; smaller blocks only fetch (and turn) the panels more often.
    /// </summary>
    private const long RowBlockBytes = 8 << 20;

    /// <summary>Multiply-adds of fp32 lanes that are worth handing to a thread: some microseconds.</summary>
    private const double UnitSteps = 1 << 20;

    /// <summary>How many times as fast as on vectors the steps of fp32 lanes are on AMX tiles, at least.</summary>
    private const double TileSpeed = 4;

    /// <summary>Bytes of B that are worth handing to a thread.</summary>
    private const double UnitBytes = 64 << 10;

    private const int UnitsPerThread = 8;

    /// <summary>Makes a plan.</summary>
    /// <param name="kernels">The kernels in use.</param>
    /// <param name="rows">M, at least 1.</param>
    /// <param name="panels">Panels of B, at least 1.</param>
    /// <param name="steps">Steps along K.</param>
    /// <param name="storage">Type of the operands: F32, BF16, or I8 for codes.</param>
    /// <param name="threads">Threads that share the work.</param>
    public GemmPlan(GemmKernels kernels, int rows, int panels, int steps, DType storage, int threads)
    {
        Rows = rows;
        Panels = panels;
        UsesTiles = kernels.UsesTiles(storage);
        TilePanels = UsesTiles ? Math.Min(TileKernelEmitter.MaxPanels, panels) : ChooseTilePanels(kernels, storage, rows, panels);
        TileRows = UsesTiles ? TileKernelEmitter.MaxRows : MostRows(kernels, storage, TilePanels);
        Groups = (panels + TilePanels - 1) / TilePanels;
        int tiles = (rows + TileRows - 1) / TileRows;
        long blockRows = Math.Max(4 * TileRows, RowBlockBytes / Math.Max(1, steps * 4L));
        RowBlocks = (int)Math.Max(1, (rows + blockRows - 1) / blockRows);
        double work = Math.Max(rows * (double)panels * PanelLayout.PanelRows * steps / (UsesTiles ? TileSpeed * UnitSteps : UnitSteps), panels * (double)steps * PanelLayout.StepBytes / UnitBytes);
        int units = threads == 1 ? 1 : (int)Math.Clamp(work, 1, threads * UnitsPerThread);
        ColumnBlocks = Math.Clamp(SharedEvenly((units + RowBlocks - 1) / RowBlocks, RowBlocks, threads), 1, Groups);
        if (RowBlocks * ColumnBlocks < units)
        {
            RowBlocks = Math.Clamp(SharedEvenly((units + ColumnBlocks - 1) / ColumnBlocks, ColumnBlocks, threads), RowBlocks, tiles);
        }
    }

    /// <summary>M.</summary>
    public int Rows { get; }

    /// <summary>Panels of B.</summary>
    public int Panels { get; }

    /// <summary>Whether the product is made on AMX tiles.</summary>
    public bool UsesTiles { get; }

    /// <summary>Panels of a register tile.</summary>
    public int TilePanels { get; }

    /// <summary>Most rows of a register tile.</summary>
    public int TileRows { get; }

    /// <summary>Groups of <see cref="TilePanels"/> panels; the last may have fewer.</summary>
    public int Groups { get; }

    /// <summary>Blocks that the rows are cut into.</summary>
    public int RowBlocks { get; }

    /// <summary>Blocks that the groups are cut into.</summary>
    public int ColumnBlocks { get; }

    /// <summary>Pieces of work.</summary>
    public int Units => RowBlocks * ColumnBlocks;

    /// <summary>First row of a block of rows; that of the block after the last is M.</summary>
    public int RowStart(int block) => (int)((long)Rows * block / RowBlocks);

    /// <summary>How a block of rows is cut into tiles.</summary>
    public RowCut CutRows(int rows) => RowCut.Of(rows, TileRows, UsesTiles);

    /// <summary>First group of a block of groups.</summary>
    public int GroupStart(int block) => (int)((long)Groups * block / ColumnBlocks);

    /// <summary>The least number of blocks, from <paramref name="blocks"/> on, that gives all threads as many units.</summary>
    private static int SharedEvenly(int blocks, int others, int threads)
    {
        while (blocks * others > threads && blocks * others % threads != 0)
        {
            blocks++;
        }

        return blocks;
    }

    private static int MostRows(GemmKernels kernels, DType storage, int panels) => storage == DType.I8 ? Int8GemmEmitter.RowsThatFit(panels) : kernels.MaxRows(panels);

    /// <summary>The width with the least time by a simple model: per step a tile takes half a cycle per multiply-add and per load, and 4 cycles at least.</summary>
    private static int ChooseTilePanels(GemmKernels kernels, DType storage, int rows, int panels)
    {
        int best = 1;
        double bestCost = double.MaxValue;
        for (int width = Math.Min(kernels.MaxPanels, panels); width >= 1; width--)
        {
            int most = MostRows(kernels, storage, width);
            int tiles = (rows + most - 1) / most;
            double height = rows / (double)tiles;
            double tileCost = Math.Max(Math.Max(height * width, (height + width) * 1.1), 8);
            double cost = tiles * tileCost * ((panels + width - 1) / width);
            if (cost <= bestCost * 1.001)
            {
                bestCost = Math.Min(cost, bestCost);
                best = width;
            }
        }

        return best;
    }
}
