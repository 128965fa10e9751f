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

/// <summary>Writes a kernel for the product U^T X of two tall matrices, U with at most 16 columns: a gradient of a low-rank factor.</summary>
/// <remarks>
/// X is read where it lies; packing it as the right operand of <see cref="GemmEmitter"/> would take four times as long as the product. Registers: rsi walks over the
/// panel of U, rdi over X by the stride in rdx (twice it in rbx), rcx counts steps; r8 is the start of X in the tile, rax its sums, r10 counts tiles, rbp is the distance to what is fetched ahead; zmm0 to zmm15 are
/// the sums, zmm16 and zmm17 a row or a pair of rows of X.
/// </remarks>
internal static class NarrowProductEmitter
{
    /// <summary>Rows of a result: one sum each.</summary>
    public const int MaxRows = 16;

    /// <summary>Columns of a tile.</summary>
    public const int TileColumns = 16;

    private const int StepBytes = 64;

    private static readonly AssemblerRegisterZMM[] Sums =
        [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];

    /// <summary>Emits the kernel for results of <paramref name="rows"/> rows.</summary>
    public static void Emit(Assembler code, NarrowOperand operand, int rows)
    {
        CallingConvention.Enter(code);
        code.kmovw(k1, __word_ptr[r11 + Offset(nameof(NarrowProductArguments.ColumnMask))]);
        code.mov(r8, Argument(nameof(NarrowProductArguments.X)));
        code.mov(rdx, Argument(nameof(NarrowProductArguments.XStride)));
        code.lea(rbx, __[rdx + rdx]);
        code.mov(rbp, Argument(nameof(NarrowProductArguments.PrefetchDistance)));
        code.mov(rax, Argument(nameof(NarrowProductArguments.Sums)));
        code.mov(r10, Argument(nameof(NarrowProductArguments.Tiles)));
        Label tile = code.CreateLabel();
        code.Label(ref tile);
        EmitTile(code, operand, rows);
        code.add(r8, TileColumns * (operand == NarrowOperand.F32 ? sizeof(float) : sizeof(ushort)));
        code.add(rax, MaxRows * StepBytes);
        code.dec(r10);
        code.jnz(tile);
        CallingConvention.Leave(code);
    }

    private static void EmitTile(Assembler code, NarrowOperand operand, int rows)
    {
        code.mov(rdi, r8);
        code.mov(rsi, Argument(nameof(NarrowProductArguments.U)));
        code.mov(rcx, Argument(nameof(NarrowProductArguments.Steps)));
        for (int row = 0; row < rows; row++)
        {
            code.vpxord(Sums[row], Sums[row], Sums[row]);
        }

        Label step = code.CreateLabel();
        code.Label(ref step);
        LoadX(code, operand);
        for (int row = 0; row < rows; row++)
        {
            if (operand == NarrowOperand.PairedBF16)
            {
                code.vdpbf16ps(Sums[row], zmm16, __dword_bcst[rsi + (row * sizeof(uint))]);
            }
            else
            {
                code.vfmadd231ps(Sums[row], zmm16, __dword_bcst[rsi + (row * sizeof(float))]);
            }
        }

        code.add(rsi, StepBytes);
        code.add(rdi, operand == NarrowOperand.PairedBF16 ? rbx : rdx);
        code.dec(rcx);
        code.jnz(step);
        for (int row = 0; row < rows; row++)
        {
            code.vaddps(Sums[row], Sums[row], __[rax + (row * StepBytes)]);
            code.vmovups(__[rax + (row * StepBytes)], Sums[row]);
        }
    }

    private static void LoadX(Assembler code, NarrowOperand operand)
    {
        code.prefetcht1(__[rdi + rbp]);
        if (operand == NarrowOperand.F32)
        {
            code.vmovups(zmm16.k1.z, __[rdi]);
            return;
        }

        code.vpmovzxwd(zmm16.k1.z, __[rdi]);
        if (operand == NarrowOperand.WidenedBF16)
        {
            code.vpslld(zmm16, zmm16, 16);
            return;
        }

        code.vpmovzxwd(zmm17.k1.z, __[rdi + rdx]);
        code.lea(r9, __[rdi + rdx]);
        code.prefetcht1(__[r9 + rbp]);
        code.vpslld(zmm17, zmm17, 16);
        code.vpord(zmm16, zmm16, zmm17);
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<NarrowProductArguments>(field);

    private static AssemblerMemoryOperand Argument(string field) => __[r11 + Offset(field)];
}
