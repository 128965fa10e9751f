namespace Attune.Kernels.Cpu;

/// <summary>How rows are cut into tiles: <paramref name="UpperTiles"/> tiles of <paramref name="UpperRows"/>, then <paramref name="LowerTiles"/>, at least one, of <paramref name="LowerRows"/>.</summary>
internal readonly record struct RowCut(int UpperRows, int UpperTiles, int LowerRows, int LowerTiles)
{
    /// <summary>All tiles.</summary>
    public int Tiles => UpperTiles + LowerTiles;

    /// <summary>The tiles from one on that a kernel does in one call: equally high, and all on one side of a border.</summary>
    /// <param name="tile">The first of them.</param>
    /// <param name="border">The first tile behind it.</param>
    /// <returns>Their height and number.</returns>
    public (int Height, int Tiles) RunFrom(int tile, int border)
    {
        (int height, int end) = tile < UpperTiles ? (UpperRows, UpperTiles) : (LowerRows, Tiles);
        return (height, (tile < border ? Math.Min(end, border) : end) - tile);
    }

    /// <summary>Cuts rows.</summary>
    /// <param name="rows">At least 1.</param>
    /// <param name="most">Most rows of a tile.</param>
    /// <param name="onTiles">
    /// On vector registers tiles are nearly equal, because a small rest would leave multiply-add units idle; AMX tiles are whole, because 16 rows take one instruction.
    /// </param>
    public static RowCut Of(int rows, int most, bool onTiles)
    {
        int tiles = (rows + most - 1) / most;
        if (onTiles)
        {
            return new RowCut(most, tiles - 1, rows - ((tiles - 1) * most), 1);
        }

        (int height, int higher) = Math.DivRem(rows, tiles);
        return new RowCut(height + 1, higher, height, tiles - higher);
    }
}
