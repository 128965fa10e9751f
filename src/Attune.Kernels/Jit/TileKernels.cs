using System.Runtime.CompilerServices;

namespace Attune.Kernels.Jit;

/// <summary>The bf16 products on tiles, emitted when they are first asked for.</summary>
internal sealed unsafe class TileKernels(ITileProcessor processor)
{
    private const int FlagValues = 64;
    private const int RowTileValues = TileKernelEmitter.MaxRows / TileConfiguration.Rows;
    private const int FetchValues = 2;
    private readonly KernelCache _codes = new(RowTileValues * TileKernelEmitter.MaxPanels * FlagValues * FetchValues, processor.Load);

    /// <summary>Whether kernels run on the machine and not on a model of it.</summary>
    public bool AreReal => processor is TileProcessor;

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    /// <param name="arguments">The product; its steps are a multiple of <see cref="TileKernelEmitter.TileSteps"/>.</param>
    /// <param name="rows">Rows of a tile, 1 to <see cref="TileKernelEmitter.MaxRows"/>.</param>
    /// <param name="panels">Panels of a tile, 1 or 2.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="fetch">What is fetched meanwhile; of that these kernels do panels only.</param>
    [SkipLocalsInit]
    public void Invoke(GemmArguments* arguments, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch = GemmFetch.Rows)
    {
        byte* memory = stackalloc byte[TileKernelEmitter.SumBytes + TileConfiguration.RowBytes];
        int rowTiles = rows > TileConfiguration.Rows ? 2 : 1;
        var tiles = new TileArguments
        {
            Product = *arguments,
            Sums = (byte*)(((nint)memory + TileConfiguration.RowBytes - 1) & -TileConfiguration.RowBytes),
            Rows = rows,
            Configuration = TileConfiguration.ForProduct(rows, panels),
        };
        int index = ((((rowTiles - 1) * TileKernelEmitter.MaxPanels) + panels - 1) * FlagValues) + (int)flags;
        bool fetchesPanels = fetch == GemmFetch.Panels;
        nint code = _codes.Get((index * FetchValues) + (fetchesPanels ? 1 : 0), (RowTiles: rowTiles, Panels: panels, Flags: flags, Fetches: fetchesPanels), static (code, kernel) =>
            TileKernelEmitter.Emit(code, kernel.RowTiles, kernel.Panels, kernel.Flags, kernel.Fetches));
        processor.Run(code, &tiles);
        *arguments = tiles.Product;
    }
}
