using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>How the rows of X are read.</summary>
internal enum NarrowOperand
{
    /// <summary>fp32.</summary>
    F32,

    /// <summary>bf16, widened to fp32.</summary>
    WidenedBF16,

    /// <summary>bf16, two rows at a time made into pairs for VDPBF16PS.</summary>
    PairedBF16,
}

/// <summary>Writes a kernel for the product U^T X of two tall matrices, U with few columns: gradients of low-rank factors.</summary>
/// <remarks>
/// X is read where it lies; packing it as the right operand of <see cref="GemmEmitter"/> would take four times as long as the product. A tile is 32 columns of X, whole cache lines of bf16,
/// and is walked over once for every 8 columns of U, whose numbers then serve two multiply-adds each. The first walk leaves the operands side by side for the others. Rows are interleaved to pairs within 128 bits
/// each: the first half of the sums of a row belongs to columns 0-3, 8-11, 16-19 and 24-27, the second one to the others.
/// Registers: rsi walks over a panel of U, rdi over X by the stride in rdx (twice it in rbx), r9 over the operands, rcx counts steps; r8 is the start of X in the tile, rax its sums, r10 counts tiles, rbp is the
/// distance to what is fetched ahead; zmm0 to zmm15 are the sums, zmm16 and zmm17 the operands, zmm18 and zmm19 rows of X, zmm20 to zmm23 numbers of U.
/// </remarks>
internal sealed class NarrowProductEmitter
{
    /// <summary>Most rows of a result.</summary>
    public const int MaxRows = 4 * PanelRows;

    /// <summary>Bytes of <see cref="NarrowProductArguments.Operands"/> for a step.</summary>
    public const int OperandBytes = TileVectors * StepBytes;

    /// <summary>Columns of a tile.</summary>
    public const int TileColumns = TileVectors * 16;

    private const int TileVectors = 2;
    private const int PanelRows = 16;
    private const int PassRows = 8;
    private const int StepBytes = 64;
    private const int SumRowBytes = TileColumns * sizeof(float);

    private static readonly AssemblerRegisterZMM[] Sums =
        [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];

    private static readonly AssemblerRegisterZMM[] Operands = [zmm16, zmm17];
    private static readonly AssemblerRegisterZMM[] Numbers = [zmm20, zmm21, zmm22, zmm23];

    private readonly Assembler _code;
    private readonly NarrowOperand _operand;
    private readonly int _rows;

    private NarrowProductEmitter(Assembler code, NarrowOperand operand, int rows)
    {
        _code = code;
        _operand = operand;
        _rows = rows;
    }

    private bool IsPaired => _operand == NarrowOperand.PairedBF16;

    private int ElementBytes => _operand == NarrowOperand.F32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Emits the kernel for results of <paramref name="rows"/> rows.</summary>
    public static void Emit(Assembler code, NarrowOperand operand, int rows) => new NarrowProductEmitter(code, operand, rows).Emit();

    private static int Offset(string field) => (int)Marshal.OffsetOf<NarrowProductArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + Offset(field)];

    private void Emit()
    {
        CallingConvention.Enter(_code);
        LoadMasks();
        _code.mov(r8, Argument(nameof(NarrowProductArguments.X)));
        _code.mov(rdx, Argument(nameof(NarrowProductArguments.XStride)));
        _code.lea(rbx, __[rdx + rdx]);
        _code.mov(rbp, Argument(nameof(NarrowProductArguments.PrefetchDistance)));
        _code.mov(rax, Argument(nameof(NarrowProductArguments.Sums)));
        _code.mov(r10, Argument(nameof(NarrowProductArguments.Tiles)));
        Label tile = _code.CreateLabel();
        Label inner = _code.CreateLabel();
        _code.Label(ref tile);
        _code.cmp(r10, 1);
        _code.jne(inner);
        _code.mov(rbp, Argument(nameof(NarrowProductArguments.LastPrefetchDistance)));
        _code.Label(ref inner);
        for (int row = 0; row < _rows; row += PassRows)
        {
            EmitPass(row, Math.Min(PassRows, _rows - row));
        }

        _code.add(r8, TileColumns * ElementBytes);
        _code.add(rax, _rows * SumRowBytes);
        _code.dec(r10);
        _code.jnz(tile);
        CallingConvention.Leave(_code);
    }

    /// <summary>k1 names the columns of the first operand and k2 those of the second; of pairs, k1 names those of a row. k3 says whether sums go on.</summary>
    private void LoadMasks()
    {
        _code.kmovw(k3, __word_ptr[r11 + Offset(nameof(NarrowProductArguments.SumMask))]);
        int offset = Offset(nameof(NarrowProductArguments.ColumnMask));
        if (IsPaired)
        {
            _code.kmovd(k1, __dword_ptr[r11 + offset]);
            return;
        }

        _code.kmovw(k1, __word_ptr[r11 + offset]);
        _code.kmovw(k2, __word_ptr[r11 + offset + sizeof(ushort)]);
    }

    private void EmitPass(int firstRow, int rows)
    {
        _code.mov(rdi, r8);
        _code.mov(r9, Argument(nameof(NarrowProductArguments.Operands)));
        _code.mov(rsi, Argument(nameof(NarrowProductArguments.U)));
        for (int panel = 0; panel < firstRow / PanelRows; panel++)
        {
            _code.add(rsi, Argument(nameof(NarrowProductArguments.UPanelStride)));
        }

        _code.mov(rcx, Argument(nameof(NarrowProductArguments.Steps)));
        for (int sum = 0; sum < rows * TileVectors; sum++)
        {
            _code.vpxord(Sums[sum], Sums[sum], Sums[sum]);
        }

        Label step = _code.CreateLabel();
        _code.Label(ref step);
        LoadOperands(firstRow / PassRows);
        for (int row = 0; row < rows; row++)
        {
            AssemblerRegisterZMM number = Numbers[row % Numbers.Length];
            _code.vbroadcastss(number, __dword_ptr[rsi + (((firstRow + row) % PanelRows) * sizeof(float))]);
            for (int vector = 0; vector < TileVectors; vector++)
            {
                MultiplyAdd(Sums[(row * TileVectors) + vector], number, Operands[vector]);
            }
        }

        _code.add(rsi, StepBytes);
        _code.add(r9, OperandBytes);
        _code.add(rdi, IsPaired ? rbx : rdx);
        _code.dec(rcx);
        _code.jnz(step);
        for (int sum = 0; sum < rows * TileVectors; sum++)
        {
            int offset = (firstRow * SumRowBytes) + (sum * StepBytes);
            _code.vmovups(zmm16.k3.z, __[rax + offset]);
            _code.vaddps(Sums[sum], Sums[sum], zmm16);
            _code.vmovups(__[rax + offset], Sums[sum]);
        }
    }

    private void MultiplyAdd(AssemblerRegisterZMM sum, AssemblerRegisterZMM number, AssemblerRegisterZMM x)
    {
        if (IsPaired)
        {
            _code.vdpbf16ps(sum, number, x);
        }
        else
        {
            _code.vfmadd231ps(sum, number, x);
        }
    }

    /// <summary>The first walk reads X, the others what it has left; each of the first two asks for half of the next tile.</summary>
    private void LoadOperands(int pass)
    {
        if (pass == 0)
        {
            LoadX();
            if (_rows > PassRows)
            {
                _code.vmovups(__[r9], zmm16);
                _code.vmovups(__[r9 + StepBytes], zmm17);
            }

            Fetch(0);
            if (_rows <= 2 * PassRows)
            {
                Fetch(1);
            }

            return;
        }

        _code.vmovups(zmm16, __[r9]);
        _code.vmovups(zmm17, __[r9 + StepBytes]);
        if (pass == 1 && _rows > 2 * PassRows)
        {
            Fetch(1);
        }
    }

    private void LoadX()
    {
        switch (_operand)
        {
            case NarrowOperand.F32:
                _code.vmovups(zmm16.k1.z, __[rdi]);
                _code.vmovups(zmm17.k2.z, __[rdi + StepBytes]);
                break;
            case NarrowOperand.WidenedBF16:
                _code.vpmovzxwd(zmm16.k1.z, __[rdi]);
                _code.vpmovzxwd(zmm17.k2.z, __[rdi + (StepBytes / 2)]);
                _code.vpslld(zmm16, zmm16, 16);
                _code.vpslld(zmm17, zmm17, 16);
                break;
            default:
                _code.vmovdqu16(zmm18.k1.z, __[rdi]);
                _code.vmovdqu16(zmm19.k1.z, __[rdi + rdx]);
                _code.vpunpcklwd(zmm16, zmm18, zmm19);
                _code.vpunpckhwd(zmm17, zmm18, zmm19);
                break;
        }
    }

    /// <summary>Asks for a cache line of the next tile: of pairs for the first or the second row, of fp32 for the first or the second half of a row.</summary>
    private void Fetch(int half)
    {
        switch (_operand)
        {
            case NarrowOperand.F32:
                _code.prefetcht0(__[rdi + rbp + (half * StepBytes)]);
                break;
            case NarrowOperand.WidenedBF16 or NarrowOperand.PairedBF16 when half == 0:
                _code.prefetcht0(__[rdi + rbp]);
                break;
            case NarrowOperand.PairedBF16:
                _code.add(rdi, rdx);
                _code.prefetcht0(__[rdi + rbp]);
                _code.sub(rdi, rdx);
                break;
        }
    }
}
