using System.Runtime.InteropServices;
using Attune.Tensors;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a kernel for products of 8-bit codes (VPDPBUSD): the loops and the epilogue of <see cref="GemmEmitter"/> around sums of integers, see <see cref="Int8Arguments"/>.</summary>
internal sealed class Int8GemmEmitter : GemmEmitter
{
    private Int8GemmEmitter(Assembler code, bool convertsBF16, int rows, int panels, GemmKernelFlags flags)
        : base(code, new Avx512VectorEmitter(code, DType.I8, convertsBF16), rows, panels, flags, Int8Arguments.BlockSteps)
    {
    }

    /// <inheritdoc/>
    protected override int Slots => 4;

    private AssemblerMemoryOperand BlockScales => Slot(2);

    private AssemblerMemoryOperand BlockCorrections => Slot(3);

    /// <summary>Emits a kernel.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="convertsBF16">Whether the processor has VCVTNEPS2BF16.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="panels">Panels of the tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    public static void Emit(Assembler code, bool convertsBF16, int rows, int panels, GemmKernelFlags flags) => new Int8GemmEmitter(code, convertsBF16, rows, panels, flags).Emit();

    /// <inheritdoc/>
    protected override void EmitBlocks()
    {
        Label block = Code.CreateLabel();
        Label counted = Code.CreateLabel();
        Start(StepsLeft, Argument(nameof(GemmArguments.Steps)));
        Start(BlockScales, Own(nameof(Int8Arguments.RowScales)));
        Start(BlockCorrections, Own(nameof(Int8Arguments.Corrections)));
        for (int sum = 0; sum < Sums; sum++)
        {
            Vectors.StoreF32(BlockSum(sum), sum, masked: false);
        }

        Code.Label(ref block);
        Code.mov(rcx, BlockCorrections);
        for (int sum = 0; sum < Sums; sum++)
        {
            Code.vmovups(Avx512VectorEmitter.Zmm[sum], __[rcx + (sum % RowVectors * Vectors.VectorBytes)]);
        }

        Code.mov(rcx, Own(nameof(Int8Arguments.CorrectionStride)));
        Code.add(BlockCorrections, rcx);
        Code.mov(rcx, StepsLeft);
        Code.cmp(rcx, Int8Arguments.BlockSteps);
        Code.jle(counted);
        Code.mov(ecx, Int8Arguments.BlockSteps);
        Code.Label(ref counted);
        EmitLoops(fetches: true);
        AddBlock();
        Code.sub(StepsLeft, Int8Arguments.BlockSteps);
        Code.jg(block);
        ScaleColumns();
        Code.imul(rcx, Own(nameof(Int8Arguments.RowScaleStride)), Rows);
        Code.add(Own(nameof(Int8Arguments.RowScales)), rcx);
    }

    private static AssemblerMemoryOperand Own(string field) => __qword_ptr[r11 + (int)Marshal.OffsetOf<Int8Arguments>(field)];

    private void Start(AssemblerMemoryOperand slot, AssemblerMemoryOperand argument)
    {
        Code.mov(rcx, argument);
        Code.mov(slot, rcx);
    }

    /// <summary>Makes the exact sums of a block numbers, and adds those of the blocks before.</summary>
    private void AddBlock()
    {
        Code.mov(rcx, BlockScales);
        AssemblerRegisterZMM scale = Avx512VectorEmitter.Zmm[Sums];
        for (int row = 0; row < Rows; row++)
        {
            Code.vbroadcastss(scale, __dword_ptr[rcx]);
            Code.add(rcx, Own(nameof(Int8Arguments.RowScaleStride)));
            for (int vector = 0; vector < RowVectors; vector++)
            {
                int sum = (row * RowVectors) + vector;
                AssemblerRegisterZMM register = Avx512VectorEmitter.Zmm[sum];
                Code.vcvtdq2ps(register, register);
                Code.vfmadd213ps(register, scale, BlockSum(sum));
                Vectors.StoreF32(BlockSum(sum), sum, masked: false);
            }
        }

        Code.add(BlockScales, sizeof(float));
    }

    private void ScaleColumns()
    {
        Code.mov(rcx, Own(nameof(Int8Arguments.ColumnScales)));
        for (int vector = 0; vector < RowVectors; vector++)
        {
            Vectors.LoadF32(Sums, __[rcx + (vector * Vectors.VectorBytes)], masked: false);
            for (int row = 0; row < Rows; row++)
            {
                Vectors.Multiply((row * RowVectors) + vector, Sums);
            }
        }
    }
}
