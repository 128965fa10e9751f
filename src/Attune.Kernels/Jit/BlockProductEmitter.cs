using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>
/// Writes a product of few rows with a weight of few bits (see <see cref="Cpu.FewBits.BlockPanels"/>): codes become bf16 exactly and are multiplied in pairs.
/// </summary>
/// <remarks>
/// A nibble n under the upper bits of bf16's 128 is the number 128 + n, exactly, so one instruction (VPTERNLOG) makes 32 codes into operands. What that and the format's zero add, a constant times
/// the sum of x, the sums of a block start from, negated. Bytes are widened by <see cref="ByteWideningEmitter"/>.
/// Each row has two sums per block, of even and odd operands, then the block's scale and offset: the order does not depend on how many rows a kernel has.
/// A kernel takes one panel of 16 columns, so that a thread reads memory in order: with several at a time it was read at half the rate.
/// r11 points to <see cref="GemmArguments"/>, whose A is a record per block of x (<see cref="BlockRecords"/>), whose Steps are blocks and whose Tiles are not looked at. rax walks over x, rsi over the panel,
/// rcx counts.
/// </remarks>
internal sealed class BlockProductEmitter
{
    /// <summary>Rows of x that a kernel can take.</summary>
    public const int MaxRows = 8;

    private const int LineBytes = 64;

    /// <summary>How far ahead memory is fetched, also beyond the panel: the next one follows. The processor alone starts anew at every page.</summary>
    private const int BytesAhead = 4096;

    private const int PairBytes = 4;
    private const int NibblePair = 0x000F_000F;
    private const int PairOf128 = 0x4300_4300;

    private readonly Assembler _code;
    private readonly BlockFormat _format;
    private readonly int _rows;
    private readonly GemmKernelFlags _flags;
    private readonly ByteWideningEmitter? _bytes;

    private BlockProductEmitter(Assembler code, BlockFormat format, int rows, GemmKernelFlags flags)
    {
        _code = code;
        _format = format;
        _rows = rows;
        _flags = flags;
        _bytes = format.Bits == 8 ? new ByteWideningEmitter(code, FirstConstant) : null;
    }

    private int FirstConstant => 3 * _rows;

    private AssemblerRegisterZMM Mask => Avx512VectorEmitter.Zmm[FirstConstant];

    private AssemblerRegisterZMM Around => Avx512VectorEmitter.Zmm[FirstConstant + 1];

    private int ScaleBytes => Cpu.PanelLayout.PanelRows * _format.Scales.SizeInBytes;

    private int CodesOffset => Cpu.FewBits.BlockPanels.CodesOffset(_format);

    /// <summary>Whether a processor with AVX-512 BF16 can run kernels for codes of so many bits: the first of these processors (Cooper Lake) have no VBMI.</summary>
    public static bool Supports(int bits) => bits == 4 || (bits == 8 && Avx512Vbmi.IsSupported);

    /// <summary>Emits a kernel.</summary>
    public static void Emit(Assembler code, BlockFormat format, int rows, GemmKernelFlags flags) =>
        new BlockProductEmitter(code, format, rows, flags).Emit();

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + (int)Marshal.OffsetOf<GemmArguments>(field)];

    private static AssemblerRegisterZMM Sum(int row) => Avx512VectorEmitter.Zmm[row];

    private AssemblerRegisterZMM BlockSum(int row, int chain) => Avx512VectorEmitter.Zmm[((chain + 1) * _rows) + row];

    private AssemblerRegisterZMM Temporary(int index) => Avx512VectorEmitter.Zmm[FirstConstant + (_bytes is null ? 2 : ByteWideningEmitter.Constants) + index];

    private void Emit()
    {
        CallingConvention.Enter(_code);
        var vectors = new Avx512VectorEmitter(_code, DType.BF16, convertsBF16: true);
        if ((_flags & GemmKernelFlags.Masked) != 0)
        {
            vectors.LoadMask(__word_ptr[r11 + (int)Marshal.OffsetOf<GemmArguments>(nameof(GemmArguments.ColumnMask))]);
        }

        LoadConstants();
        _code.mov(rax, Argument(nameof(GemmArguments.A)));
        _code.mov(rsi, Argument(nameof(GemmArguments.B)));
        _code.mov(rcx, Argument(nameof(GemmArguments.Steps)));
        for (int row = 0; row < _rows; row++)
        {
            vectors.Zero(row);
        }

        Label block = _code.CreateLabel();
        _code.Label(ref block);
        EmitBlock();
        _code.add(rax, BlockRecords.Bytes(_rows));
        _code.add(rsi, Cpu.FewBits.BlockPanels.BlockBytes(_format));
        _code.dec(rcx);
        _code.jnz(block);
        EmitEpilogue(vectors);
        CallingConvention.Leave(_code);
        _bytes?.EmitTables();
    }

    private void LoadConstants()
    {
        if (_bytes is not null)
        {
            _bytes.LoadConstants();
            return;
        }

        Broadcast(Mask, NibblePair);
        Broadcast(Around, PairOf128);
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
            _code.vbroadcastss(BlockSum(row, 0), __dword_ptr[rax + (_rows * LineBytes) + (row * sizeof(float))]);
            _code.vpxord(BlockSum(row, 1), BlockSum(row, 1), BlockSum(row, 1));
        }

        for (int line = 0; line < _format.Bits; line++)
        {
            EmitLine(line, CodesOffset + (line * LineBytes));
        }

        EmitScale();
    }

    /// <summary>16 columns times 8 (4 bits) or 4 (8 bits) steps along K.</summary>
    private void EmitLine(int line, int displacement)
    {
        _code.vmovdqu64(Temporary(0), __[rsi + displacement]);
        _code.prefetcht0(__[rsi + displacement + BytesAhead]);
        int operands = 16 / _format.Bits;
        if (_bytes is not null)
        {
            _bytes.Emit(Temporary(0), Temporary(1), Temporary(2));
        }
        else
        {
            EmitNibbles(operands);
        }

        for (int row = 0; row < _rows; row++)
        {
            for (int operand = 0; operand < operands; operand++)
            {
                int pair = (line * operands) + operand;
                _code.vdpbf16ps(BlockSum(row, operand % 2), Temporary(operand), __dword_bcst[rax + (row * LineBytes) + (pair * PairBytes)]);
            }
        }
    }

    private void EmitNibbles(int operands)
    {
        for (int operand = 1; operand < operands; operand++)
        {
            _code.vpsrld(Temporary(operand), Temporary(0), (byte)(4 * operand));
        }

        for (int operand = 0; operand < operands; operand++)
        {
            // (a and b) or c.
            _code.vpternlogd(Temporary(operand), Mask, Around, 0xEA);
        }
    }

    private void EmitScale()
    {
        for (int displacement = 0; displacement < CodesOffset; displacement += LineBytes)
        {
            _code.prefetcht0(__[rsi + displacement + BytesAhead]);
        }

        LoadScales(Temporary(0), __[rsi]);
        if (_format.HasOffsets)
        {
            LoadScales(Temporary(1), __[rsi + ScaleBytes]);
        }

        for (int row = 0; row < _rows; row++)
        {
            _code.vaddps(BlockSum(row, 0), BlockSum(row, 0), BlockSum(row, 1));
            _code.vfmadd231ps(Sum(row), BlockSum(row, 0), Temporary(0));
            if (_format.HasOffsets)
            {
                _code.vfmadd231ps(Sum(row), Temporary(1), __dword_bcst[rax + (_rows * (LineBytes + sizeof(float))) + (row * sizeof(float))]);
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
        var epilogue = new EpilogueEmitter(_code, vectors, rowVectors: 1, firstFree: _rows, _flags);
        epilogue.Load();
        for (int row = 0; row < _rows; row++)
        {
            epilogue.Store(row, 0);
            epilogue.NextRow();
        }
    }
}
