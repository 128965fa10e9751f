using System.Runtime.InteropServices;

namespace Attune.Kernels.Jit;

/// <summary>The operand of LDTILECFG: how many rows and columns of the eight tiles are in use.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct TileConfiguration
{
    /// <summary>Tile registers.</summary>
    public const int Tiles = 8;

    /// <summary>Most rows of a tile.</summary>
    public const int Rows = 16;

    /// <summary>Most bytes of a row: 16 numbers of fp32 or pairs of bf16.</summary>
    public const int RowBytes = 64;

    /// <summary>Most bytes of a tile.</summary>
    public const int TileBytes = Rows * RowBytes;

    private const int ColumnsOffset = 16;
    private const int RowsOffset = 48;

    private fixed byte _bytes[64];

    /// <summary>Every tile whole.</summary>
    public static TileConfiguration Whole { get; } = Create(stackalloc int[] { Rows, Rows, Rows, Rows, Rows, Rows, Rows, Rows });

    /// <summary>The tiles of a <see cref="TileKernelEmitter"/> for products of up to 32 rows by up to 2 panels; a tile that is not needed has no rows.</summary>
    public static TileConfiguration ForProduct(int rows, int panels)
    {
        int upper = Math.Min(rows, Rows);
        int lower = rows - upper;
        int right = panels == 1 ? 0 : 1;
        return Create(stackalloc int[] { upper, upper * right, lower, lower * right, upper, lower, Rows, Rows * right });
    }

    private static TileConfiguration Create(ReadOnlySpan<int> rows)
    {
        var configuration = default(TileConfiguration);
        configuration._bytes[0] = 1;
        for (int tile = 0; tile < rows.Length; tile++)
        {
            configuration._bytes[ColumnsOffset + (tile * sizeof(ushort))] = (byte)(rows[tile] == 0 ? 0 : RowBytes);
            configuration._bytes[RowsOffset + tile] = (byte)rows[tile];
        }

        return configuration;
    }
}
