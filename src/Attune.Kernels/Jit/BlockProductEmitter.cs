using System.Runtime.InteropServices;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>
/// Writes a product of few rows with a weight of few bits (see <see cref="Cpu.FewBits.BlockPanels"/>): codes become bf16 by bit operations alone and are multiplied in pairs.
/// </summary>
/// <remarks>
/// A nibble n under the upper bits of bf16's 128 is the number 128 + n, exactly, so one instruction (VPTERNLOG) makes 32 codes into operands; the upper nibble of a byte goes under
/// those of 2,048, where its steps are 16. What that adds, a constant times the sum of x, the sums of a block start from, negated. Each row and panel has two sums per block, of
/// even and odd positions, then the block's scale and offset: the order does not depend on how many rows or panels a kernel has.
/// r11 points to <see cref="GemmArguments"/>, whose A is a record per block of x (<see cref="RecordBytes"/>), whose Steps are blocks and whose Tiles are not looked at. rax walks over x, rsi over the panels,
/// rdi is their stride, rcx counts.
/// </remarks>
internal sealed class BlockProductEmitter
{
    /// <summary>Rows of x that a kernel can take.</summary>
    public const int MaxRows = 8;

    /// <summary>Panels that one pointer and its stride reach.</summary>
    public const int MaxPanels = 3;

    /// <summary>Sums of rows and panels that fit the registers.</summary>
    private const int MaxSums = 8;

    private const int Slots = 4;
    private const int LineBytes = 64;
    private const int PairBytes = 4;
    private const int NibblePair = 0x000F_000F;
    private const int Around128 = 0x4300_4300;
    private const int Around2048 = 0x4500_4500;

    private readonly Assembler _code;
    private readonly BlockFormat _format;
    private readonly int _rows;
    private readonly int _panels;
    private readonly GemmKernelFlags _flags;

    private BlockProductEmitter(Assembler code, BlockFormat format, int rows, int panels, GemmKernelFlags flags)
    {
        _code = code;
        _format = format;
        _rows = rows;
        _panels = panels;
        _flags = flags;
    }

    private int Sums => _rows * _panels;

    private AssemblerRegisterZMM Mask => Avx512VectorEmitter.Zmm[3 * Sums];

    private AssemblerRegisterZMM Lower => Avx512VectorEmitter.Zmm[(3 * Sums) + 1];

    private AssemblerRegisterZMM Upper => Avx512VectorEmitter.Zmm[(3 * Sums) + 2];

    private int ScaleBytes => Cpu.PanelLayout.PanelRows * _format.Scales.SizeInBytes;

    /// <summary>Panels that a kernel for some rows takes at a time.</summary>
    public static int PanelsFor(int rows) => Math.Clamp(MaxSums / rows, 1, MaxPanels);

    /// <summary>Bytes of x per block: of each row 32 bf16, then of each row what its sums start from, then of each row the sum of its numbers.</summary>
    public static int RecordBytes(int rows) => rows * (LineBytes + sizeof(float) + sizeof(float));

    /// <summary>What bit patterns add to every code: the sums start from minus its product with the sum of x.</summary>
    public static float Excess(BlockFormat format) => (format.Bits == 8 ? 2048 + 128 : 128) + format.Zero;

    /// <summary>Emits a kernel.</summary>
    public static void Emit(Assembler code, BlockFormat format, int rows, int panels, GemmKernelFlags flags) =>
        new BlockProductEmitter(code, format, rows, panels, flags).Emit();

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + (int)Marshal.OffsetOf<GemmArguments>(field)];

    private static AssemblerMemoryOperand Panel(int panel, int displacement) => panel switch
    {
        0 => __[rsi + displacement],
        1 => __[rsi + rdi + displacement],
        _ => __[rsi + (rdi * 2) + displacement],
    };

    private AssemblerRegisterZMM Sum(int row, int panel) => Avx512VectorEmitter.Zmm[(row * _panels) + panel];

    private AssemblerRegisterZMM BlockSum(int row, int panel, int chain) => Avx512VectorEmitter.Zmm[((chain + 1) * Sums) + (row * _panels) + panel];

    private AssemblerRegisterZMM Temporary(int index) => Avx512VectorEmitter.Zmm[(3 * Sums) + 3 + index];

    private void Emit()
    {
        CallingConvention.Enter(_code);
        var vectors = new Avx512VectorEmitter(_code, DType.BF16, convertsBF16: true);
        if ((_flags & GemmKernelFlags.Masked) != 0)
        {
            vectors.LoadMask(__word_ptr[r11 + (int)Marshal.OffsetOf<GemmArguments>(nameof(GemmArguments.ColumnMask))]);
        }

        Broadcast(Mask, NibblePair);
        Broadcast(Lower, Around128);
        Broadcast(Upper, Around2048);
        _code.mov(rax, Argument(nameof(GemmArguments.A)));
        _code.mov(rsi, Argument(nameof(GemmArguments.B)));
        _code.mov(rdi, Argument(nameof(GemmArguments.PanelStride)));
        _code.mov(rcx, Argument(nameof(GemmArguments.Steps)));
        for (int sum = 0; sum < Sums; sum++)
        {
            vectors.Zero(sum);
        }

        Label block = _code.CreateLabel();
        _code.Label(ref block);
        EmitBlock();
        _code.add(rax, RecordBytes(_rows));
        _code.add(rsi, Cpu.FewBits.BlockPanels.BlockBytes(_format));
        _code.dec(rcx);
        _code.jnz(block);
        EmitEpilogue(vectors);
        CallingConvention.Leave(_code);
    }

    private void Broadcast(AssemblerRegisterZMM target, int value)
    {
        _code.mov(eax, value);
        _code.vpbroadcastd(target, eax);
    }

    private void EmitBlock()
    {
        for (int row = 0; row < _rows; row++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                _code.vbroadcastss(BlockSum(row, panel, 0), __dword_ptr[rax + (_rows * LineBytes) + (row * sizeof(float))]);
                _code.vpxord(BlockSum(row, panel, 1), BlockSum(row, panel, 1), BlockSum(row, panel, 1));
            }
        }

        int codes = ScaleBytes * (_format.HasOffsets ? 2 : 1);
        for (int line = 0; line < _format.Bits; line++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                EmitLine(line, panel, codes + (line * LineBytes));
            }
        }

        for (int panel = 0; panel < _panels; panel++)
        {
            EmitScale(panel);
        }
    }

    /// <summary>16 columns times 8 (4 bits) or 4 (8 bits) steps along K.</summary>
    private void EmitLine(int line, int panel, int displacement)
    {
        _code.vmovdqu64(Temporary(0), Panel(panel, displacement));
        for (int slot = 1; slot < Slots; slot++)
        {
            _code.vpsrld(Temporary(slot), Temporary(0), (byte)(4 * slot));
        }

        for (int slot = 0; slot < Slots; slot++)
        {
            // (a and b) or c.
            _code.vpternlogd(Temporary(slot), Mask, _format.Bits == 8 && slot % 2 == 1 ? Upper : Lower, 0xEA);
        }

        for (int row = 0; row < _rows; row++)
        {
            for (int slot = 0; slot < Slots; slot++)
            {
                int pair = _format.Bits == 8 ? (line * 2) + (slot / 2) : (line * Slots) + slot;
                _code.vdpbf16ps(BlockSum(row, panel, slot % 2), Temporary(slot), __dword_bcst[rax + (row * LineBytes) + (pair * PairBytes)]);
            }
        }
    }

    private void EmitScale(int panel)
    {
        LoadScales(Temporary(0), Panel(panel, 0));
        if (_format.HasOffsets)
        {
            LoadScales(Temporary(1), Panel(panel, ScaleBytes));
        }

        for (int row = 0; row < _rows; row++)
        {
            _code.vaddps(BlockSum(row, panel, 0), BlockSum(row, panel, 0), BlockSum(row, panel, 1));
            _code.vfmadd231ps(Sum(row, panel), BlockSum(row, panel, 0), Temporary(0));
            if (_format.HasOffsets)
            {
                _code.vfmadd231ps(Sum(row, panel), Temporary(1), __dword_bcst[rax + (_rows * (LineBytes + sizeof(float))) + (row * sizeof(float))]);
            }
        }
    }

    private void LoadScales(AssemblerRegisterZMM target, AssemblerMemoryOperand source)
    {
        if (_format.Scales == DType.F16)
        {
            _code.vcvtph2ps(target, source);
        }
        else
        {
            _code.vmovups(target, source);
        }
    }

    private void EmitEpilogue(Avx512VectorEmitter vectors)
    {
        var epilogue = new EpilogueEmitter(_code, vectors, _panels, firstFree: Sums, _flags);
        epilogue.Load();
        for (int row = 0; row < _rows; row++)
        {
            for (int panel = 0; panel < _panels; panel++)
            {
                epilogue.Store((row * _panels) + panel, panel);
            }

            epilogue.NextRow();
        }
    }
}
