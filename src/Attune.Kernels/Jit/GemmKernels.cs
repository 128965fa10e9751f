using Attune.Kernels.Cpu;
using Attune.Tensors;
using Iced.Intel;

namespace Attune.Kernels.Jit;

/// <summary>The matrix-product kernels of a tier, emitted when they are first asked for and kept for the rest of the process's life.</summary>
public sealed unsafe class GemmKernels
{
    private const int FlagValues = 64;
    private const int FetchValues = 4;
    private static readonly GemmKernels?[] Tiers = new GemmKernels?[Enum.GetValues<CpuTier>().Length];

    // Indexed by storage type, rows, panels, flags and what is fetched: the driver asks several times per block of C.
    private readonly KernelCache _codes;
    private readonly int[] _maxRows = new int[GemmEmitter.MaxPanels + 1];
    private readonly GemmKernelFlags _emittedFlags;
    private readonly BlockProductKernels _blocks;
    private readonly BlockProductKernels? _pairBlocks;

    private GemmKernels(CpuTier tier, TileKernels? tiles, Func<byte[], nint>? load = null)
    {
        _codes = new KernelCache(2 * (GemmEmitter.MaxRows + 1) * (GemmEmitter.MaxPanels + 1) * FlagValues * FetchValues, load);
        Tier = tier;
        Tiles = tiles;
        _emittedFlags = EmittedFlags(tier);
        _blocks = new BlockProductKernels(this, DType.F32);
        _pairBlocks = tier >= CpuTier.Avx512Bf16 ? new BlockProductKernels(this, DType.BF16) : null;
        MaxPanels = tier >= CpuTier.Avx512 ? GemmEmitter.MaxPanels : 1;
        for (int panels = 1; panels <= MaxPanels; panels++)
        {
            _maxRows[panels] = tier switch
            {
                CpuTier.Portable => PortableGemm.MaxRows,
                CpuTier.Avx2 => GemmEmitter.RowsThatFit(panels, panelVectors: 2, registers: 16),
                _ => GemmEmitter.RowsThatFit(panels, panelVectors: 1, registers: 32),
            };
        }
    }

    /// <summary>The instructions in use.</summary>
    public CpuTier Tier { get; }

    /// <summary>Most panels of a tile.</summary>
    public int MaxPanels { get; }

    /// <summary>The products on AMX tiles, which <see cref="Gemm"/> uses for operands stored as bf16; null for tiers without.</summary>
    internal TileKernels? Tiles { get; }

    /// <summary>The kernels of a tier.</summary>
    /// <exception cref="ArgumentException">This machine cannot run the tier.</exception>
    public static GemmKernels For(CpuTier tier)
    {
        if (!tier.IsAvailable)
        {
            throw new ArgumentException($"this machine cannot run the instruction tier {tier}", nameof(tier));
        }

        if (Tiers[(int)tier] is null)
        {
            TileKernels? tiles = tier == CpuTier.AmxBf16 ? new TileKernels(TileProcessor.Instance) : null;
            Interlocked.CompareExchange(ref Tiers[(int)tier], new GemmKernels(tier, tiles), null);
        }

        return Tiers[(int)tier]!;
    }

    /// <summary>The kernels of the AMX tier with tiles on another processor than this one.</summary>
    internal static GemmKernels WithTiles(ITileProcessor processor) => new(CpuTier.AmxBf16, new TileKernels(processor));

    /// <summary>The kernels of a tier without tiles, which this machine may lack, as functions that somebody else makes of their code.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="load">Gives the address of a function that does what a kernel's code does.</param>
    internal static GemmKernels Loaded(CpuTier tier, Func<byte[], nint> load) => new(tier, tiles: null, load);

    /// <summary>Most rows of a tile that has <paramref name="panels"/> panels.</summary>
    public int MaxRows(int panels) => _maxRows[panels];

    /// <summary>The type in which operands of a precision are stored: BF16 is widened to F32 by tiers that cannot multiply it.</summary>
    /// <exception cref="ArgumentException"><paramref name="precision"/> is neither F32 nor BF16.</exception>
    public DType StorageOf(DType precision) => precision switch
    {
        DType.F32 => DType.F32,
        DType.BF16 => Tier >= CpuTier.Avx512Bf16 ? DType.BF16 : DType.F32,
        _ => throw new ArgumentException($"matrix products are made in F32 or BF16, found {precision}", nameof(precision)),
    };

    /// <summary>Whether products of operands in a storage type are made on AMX tiles.</summary>
    internal bool UsesTiles(DType storage) => Tiles is not null && storage == DType.BF16;

    /// <summary>The kernel for a tile of vector registers.</summary>
    /// <param name="storage">Type of A and packed B, one that <see cref="StorageOf"/> returns.</param>
    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    /// <param name="panels">1 to <see cref="MaxPanels"/>.</param>
    /// <param name="flags">What it does with the sums.</param>
    /// <param name="fetch">What it fetches meanwhile.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tile does not fit the registers.</exception>
    public GemmKernel Get(DType storage, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch = GemmFetch.Rows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(storage, StorageOf(storage));
        ArgumentOutOfRangeException.ThrowIfLessThan(panels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(panels, MaxPanels);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, _maxRows[panels]);
        GemmKernelFlags emulated = (flags & ~_emittedFlags) == 0 ? GemmKernelFlags.None : flags;
        if (Tier == CpuTier.Portable)
        {
            return new GemmKernel(0, rows, panels, emulated);
        }

        if (emulated != GemmKernelFlags.None)
        {
            flags = GemmKernelFlags.None;
        }

        int storageIndex = storage == DType.BF16 ? 1 : 0;
        int index = (((((storageIndex * (GemmEmitter.MaxRows + 1)) + rows) * (GemmEmitter.MaxPanels + 1)) + panels) * FlagValues) + (int)flags;
        nint code = _codes.Get((index * FetchValues) + (int)fetch, (Kernels: this, Storage: storage, Rows: rows, Panels: panels, Flags: flags, Fetch: fetch), static (code, kernel) =>
            GemmEmitter.Emit(code, kernel.Kernels.CreateVectors(code, kernel.Storage), kernel.Rows, kernel.Panels, kernel.Flags, kernel.Fetch));
        return new GemmKernel(code, rows, panels, emulated);
    }

    /// <summary>The kernels for weights of few bits and rows stored in a type that <see cref="StorageOf"/> returns.</summary>
    internal BlockProductKernels BlockProducts(DType storage) => storage == DType.BF16 ? _pairBlocks! : _blocks;

    /// <summary>What emitted kernels of a tier do with their sums; the rest is done in C#.</summary>
    internal static GemmKernelFlags EmittedFlags(CpuTier tier) => tier switch
    {
        CpuTier.Portable => GemmKernelFlags.None,
        CpuTier.Avx2 => GemmKernelFlags.Alpha | GemmKernelFlags.Bias | GemmKernelFlags.AddF32,
        _ => (GemmKernelFlags)(FlagValues - 1),
    };

    /// <summary>The vector instructions for operands stored as <paramref name="storage"/>.</summary>
    internal VectorEmitter CreateVectors(Assembler code, DType storage) => Tier == CpuTier.Avx2
        ? new Avx2VectorEmitter(code)
        : new Avx512VectorEmitter(code, storage, convertsBF16: Tier >= CpuTier.Avx512Bf16);

    /// <summary>Computes <see cref="GemmArguments.Tiles"/> tiles; the arguments are changed.</summary>
    /// <param name="arguments">The product.</param>
    /// <param name="storage">Type of A and packed B.</param>
    /// <param name="rows">Rows of a tile.</param>
    /// <param name="panels">Panels of a tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="fetch">What is fetched meanwhile.</param>
    /// <param name="onTiles">Whether the product is made on AMX tiles, where <see cref="UsesTiles"/> allows it.</param>
    internal void Run(GemmArguments* arguments, DType storage, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch, bool onTiles)
    {
        if (onTiles)
        {
            Tiles!.Invoke(arguments, rows, panels, flags, fetch);
        }
        else
        {
            Get(storage, rows, panels, flags, fetch).Invoke(arguments);
        }
    }
}
