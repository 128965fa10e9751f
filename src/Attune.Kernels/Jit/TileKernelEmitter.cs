using System.Runtime.InteropServices;
using Attune.Tensors;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a matrix-product kernel on AMX tiles: 2 x 2 tiles of sums that run along the whole of K, then along the added product, then the epilogue on vectors.</summary>
/// <remarks>
/// TDPBF16PS sums the 16 pairs of a tile row by themselves before it adds them: a chain of additions is K / 32 long and needs no blocks along K. Each row of a tile is summed for itself,
/// so a row's bits do not depend on the rows beside it, and rows that are missing are left out by the configuration, which is data: one kernel serves all numbers of rows.
/// Tiles: tmm0 to tmm3 sum (upper left, upper right, lower left, lower right), tmm4 and tmm5 are rows of A, tmm6 and tmm7 panels of B.
/// General registers: rax and r8 point to the rows, rdx is their stride; rsi and r9 point to the panels, rbx is the stride of their steps, rdi the distance of what is fetched; rcx counts;
/// r11 is the argument. In the epilogue rsi walks over the sums, the rest belongs to <see cref="EpilogueEmitter"/>.
/// </remarks>
internal sealed class TileKernelEmitter
{
    /// <summary>Most rows of a tile of C.</summary>
    public const int MaxRows = 2 * TileConfiguration.Rows;

    /// <summary>Most panels of a tile of C.</summary>
    public const int MaxPanels = 2;

    /// <summary>Steps along K that a tile takes at once.</summary>
    public const int TileSteps = 16;

    /// <summary>Bytes of the sums of a tile of C.</summary>
    public const int SumBytes = 2 * MaxPanels * TileConfiguration.TileBytes;

    private static readonly AssemblerRegisterTMM[] Sums = [tmm0, tmm1, tmm2, tmm3];
    private static readonly AssemblerRegisterTMM[] RowTiles = [tmm4, tmm5];
    private static readonly AssemblerRegisterTMM[] PanelTiles = [tmm6, tmm7];

    private readonly Assembler _code;
    private readonly int _rowTiles;
    private readonly int _panels;
    private readonly GemmKernelFlags _flags;
    private readonly bool _fetchesPanels;

    private TileKernelEmitter(Assembler code, int rowTiles, int panels, GemmKernelFlags flags, bool fetchesPanels)
    {
        _code = code;
        _rowTiles = rowTiles;
        _panels = panels;
        _flags = flags;
        _fetchesPanels = fetchesPanels;
    }

    private int SumRowBytes => _panels * TileConfiguration.RowBytes;

    /// <summary>Emits a kernel, whose argument is a <see cref="TileArguments"/>.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="rowTiles">1 for up to 16 rows, 2 for up to 32.</param>
    /// <param name="panels">1 or 2.</param>
    /// <param name="flags">What it does with the sums.</param>
    /// <param name="fetchesPanels">Whether it fetches what lies <see cref="GemmArguments.PrefetchDistance"/> ahead in B.</param>
    public static void Emit(Assembler code, int rowTiles, int panels, GemmKernelFlags flags, bool fetchesPanels) =>
        new TileKernelEmitter(code, rowTiles, panels, flags, fetchesPanels).Emit();

    private static int Offset(string field) => (int)Marshal.OffsetOf<TileArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + Offset(field)];

    private static AssemblerMemoryOperand Product(string field) => __qword_ptr[r11 + (int)Marshal.OffsetOf<GemmArguments>(field)];

    private void Emit()
    {
        var vectors = new Avx512VectorEmitter(_code, DType.BF16, convertsBF16: true);
        CallingConvention.Enter(_code);
        if (_flags.HasFlag(GemmKernelFlags.Masked))
        {
            vectors.LoadMask(__word_ptr[r11 + (int)Marshal.OffsetOf<GemmArguments>(nameof(GemmArguments.ColumnMask))]);
        }

        _code.ldtilecfg(Argument(nameof(TileArguments.Configuration)));
        Label tile = _code.CreateLabel();
        _code.Label(ref tile);
        EmitSums();
        EmitEpilogue(vectors);
        _code.dec(Product(nameof(GemmArguments.Tiles)));
        _code.jnz(tile);
        _code.tilerelease();
        CallingConvention.Leave(_code);
    }

    private void EmitSums()
    {
        ForEachSum((sum, _, _) => _code.tilezero(Sums[sum]));
        LoadPointers(nameof(GemmArguments.A), nameof(GemmArguments.AStride), nameof(GemmArguments.B), nameof(GemmArguments.PanelStride));
        if (_fetchesPanels)
        {
            _code.mov(rdi, Product(nameof(GemmArguments.PrefetchDistance)));
        }

        EmitLoop(nameof(GemmArguments.Steps), _fetchesPanels);
        LoadPointers(nameof(GemmArguments.AddedA), nameof(GemmArguments.AddedAStride), nameof(GemmArguments.AddedB), nameof(GemmArguments.AddedPanelStride));
        EmitLoop(nameof(GemmArguments.AddedSteps), fetches: false);
        _code.mov(rsi, Argument(nameof(TileArguments.Sums)));
        _code.mov(edi, SumRowBytes);
        ForEachSum((sum, row, panel) =>
            _code.tilestored(__[rsi + rdi + ((row * TileConfiguration.Rows * SumRowBytes) + (panel * TileConfiguration.RowBytes))], Sums[sum]));
    }

    private void EmitLoop(string steps, bool fetches)
    {
        Label step = _code.CreateLabel();
        Label done = _code.CreateLabel();
        _code.mov(rcx, Product(steps));
        _code.cmp(rcx, 0);
        _code.jle(done);
        _code.Label(ref step);
        EmitTileStep(fetches);
        Advance();
        _code.sub(rcx, TileSteps);
        _code.jg(step);
        _code.Label(ref done);
    }

    private void LoadPointers(string a, string aStride, string b, string panelStride)
    {
        _code.mov(rax, Product(a));
        _code.mov(rdx, Product(aStride));
        if (_rowTiles == 2)
        {
            _code.imul(r8, rdx, TileConfiguration.Rows);
            _code.add(r8, rax);
        }

        _code.mov(rsi, Product(b));
        _code.mov(ebx, TileConfiguration.RowBytes);
        if (_panels == 2)
        {
            _code.mov(r9, rsi);
            _code.add(r9, Product(panelStride));
        }
    }

    private void EmitTileStep(bool fetches)
    {
        AssemblerRegister64[] rows = [rax, r8];
        AssemblerRegister64[] panels = [rsi, r9];
        for (int panel = 0; panel < _panels; panel++)
        {
            _code.tileloadd(PanelTiles[panel], __[panels[panel] + rbx]);
        }

        for (int row = 0; row < _rowTiles; row++)
        {
            _code.tileloadd(RowTiles[row], __[rows[row] + rdx]);
            for (int panel = 0; panel < _panels; panel++)
            {
                _code.tdpbf16ps(Sums[(row * MaxPanels) + panel], RowTiles[row], PanelTiles[panel]);
            }
        }

        if (fetches)
        {
            for (int line = 0; line < _panels * TileSteps; line++)
            {
                _code.prefetcht1(__[panels[line / TileSteps] + rdi + (line % TileSteps * TileConfiguration.RowBytes)]);
            }
        }
    }

    private void Advance()
    {
        _code.add(rax, TileConfiguration.RowBytes);
        _code.add(rsi, TileConfiguration.TileBytes);
        if (_rowTiles == 2)
        {
            _code.add(r8, TileConfiguration.RowBytes);
        }

        if (_panels == 2)
        {
            _code.add(r9, TileConfiguration.TileBytes);
        }
    }

    private void EmitEpilogue(VectorEmitter vectors)
    {
        var epilogue = new EpilogueEmitter(_code, vectors, _panels, firstFree: _panels, _flags);
        epilogue.Load();
        _code.mov(rcx, Argument(nameof(TileArguments.Rows)));
        Label row = _code.CreateLabel();
        _code.Label(ref row);
        for (int panel = 0; panel < _panels; panel++)
        {
            vectors.LoadF32(panel, __[rsi + (panel * TileConfiguration.RowBytes)], masked: false);
            epilogue.Store(panel, panel);
        }

        epilogue.NextRow();
        _code.add(rsi, SumRowBytes);
        _code.dec(rcx);
        _code.jnz(row);
        epilogue.Save();
        _code.mov(rcx, Product(nameof(GemmArguments.AStride)));
        _code.imul(rcx, Argument(nameof(TileArguments.Rows)));
        _code.add(Product(nameof(GemmArguments.A)), rcx);
        _code.mov(rcx, Product(nameof(GemmArguments.AddedAStride)));
        _code.imul(rcx, Argument(nameof(TileArguments.Rows)));
        _code.add(Product(nameof(GemmArguments.AddedA)), rcx);
    }

    private void ForEachSum(Action<int, int, int> action)
    {
        for (int row = 0; row < _rowTiles; row++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                action((row * MaxPanels) + panel, row, panel);
            }
        }
    }
}
