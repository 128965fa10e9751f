namespace Attune.Kernels.Cpu;

/// <summary>How rows are cut into tiles: <paramref name="UpperTiles"/> tiles of <paramref name="UpperRows"/>, then <paramref name="LowerTiles"/>, at least one, of <paramref name="LowerRows"/>.</summary>
internal readonly record struct RowCut(int UpperRows, int UpperTiles, int LowerRows, int LowerTiles)
{
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
