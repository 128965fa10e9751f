using System.Runtime.CompilerServices;
using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>The bf16 products on tiles, emitted when they are first asked for.</summary>
internal sealed unsafe class TileKernels(ITileProcessor processor)
{
    private const int FlagValues = 128;
    private readonly nint[] _codes = new nint[2 * TileKernelEmitter.MaxPanels * FlagValues];
    private readonly object _emission = new();

    /// <summary>Whether kernels run on the machine and not on a model of it.</summary>
    public bool AreReal => processor is TileProcessor;

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    /// <param name="arguments">The product; its steps are a multiple of <see cref="TileKernelEmitter.TileSteps"/>.</param>
    /// <param name="rows">Rows of a tile, 1 to <see cref="TileKernelEmitter.MaxRows"/>.</param>
    /// <param name="panels">Panels of a tile, 1 or 2.</param>
    /// <param name="flags">What is done with the sums.</param>
    [SkipLocalsInit]
    public void Invoke(GemmArguments* arguments, int rows, int panels, GemmKernelFlags flags)
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
        nint code = Volatile.Read(ref _codes[index]);
        processor.Run(code != 0 ? code : Emit(ref _codes[index], rowTiles, panels, flags), &tiles);
        *arguments = tiles.Product;
    }

    private nint Emit(ref nint place, int rowTiles, int panels, GemmKernelFlags flags)
    {
        lock (_emission)
        {
            if (place == 0)
            {
                var code = new Assembler(64);
                TileKernelEmitter.Emit(code, rowTiles, panels, flags);
                Volatile.Write(ref place, processor.Load(CallingConvention.Assemble(code)));
            }

            return place;
        }
    }
}
