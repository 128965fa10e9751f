using System.Runtime.InteropServices;
using Attune.Tensors;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a kernel for products of 8-bit codes (VPDPBUSD): the loops and the epilogue of <see cref="GemmEmitter"/> around sums of integers, see <see cref="Int8Arguments"/>.</summary>
/// <remarks>
/// Every sum has two registers: one for the integers of a block, one for the numbers of all blocks before it. Tiles have half the rows that way, but those on the stack, where
/// other kernels have them, are read and written four to sixteen times as often (docs/performance.md has the rates).
/// </remarks>
internal sealed class Int8GemmEmitter : GemmEmitter
{
    private Int8GemmEmitter(Assembler code, bool convertsBF16, DType added, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch)
        : base(code, new Avx512VectorEmitter(code, DType.I8, convertsBF16), rows, panels, flags, fetch, Int8Arguments.BlockSteps, sumRegisters: 2 * rows * panels) =>
        AddedVectors = new Avx512VectorEmitter(code, added, convertsBF16);

    /// <inheritdoc/>
    protected override int Slots => 4;

    /// <inheritdoc/>
    protected override int BlockSumBytes => 0;

    /// <inheritdoc/>
    protected override VectorEmitter AddedVectors { get; }

    private AssemblerMemoryOperand BlockScales => Slot(2);

    private AssemblerMemoryOperand BlockCorrections => Slot(3);

    /// <summary>Most rows of a tile: two registers for each sum, those of a row of B, and two for numbers of A.</summary>
    public static int RowsThatFit(int panels) => (32 - panels - 2) / (2 * panels);

    /// <summary>Emits a kernel.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="convertsBF16">Whether the processor has VCVTNEPS2BF16.</param>
    /// <param name="added">Type of the operands of the added product: F32, or BF16 for pairs.</param>
    /// <param name="rows">Rows of the tile.</param>
    /// <param name="panels">Panels of the tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    /// <param name="fetch">What is fetched meanwhile.</param>
    public static void Emit(Assembler code, bool convertsBF16, DType added, int rows, int panels, GemmKernelFlags flags, GemmFetch fetch) =>
        new Int8GemmEmitter(code, convertsBF16, added, rows, panels, flags, fetch).Emit();

    /// <inheritdoc/>
    protected override void EmitBlocks()
    {
        Label block = Code.CreateLabel();
        Label counted = Code.CreateLabel();
        Start(StepsLeft, Argument(nameof(GemmArguments.Steps)));
        Start(BlockScales, Own(nameof(Int8Arguments.RowScales)));
        Start(BlockCorrections, Own(nameof(Int8Arguments.Corrections)));
        Code.Label(ref block);
        Code.mov(rcx, BlockCorrections);
        for (int sum = 0; sum < Sums; sum++)
        {
            Code.vmovups(Codes(sum), __[rcx + (sum % RowVectors * Vectors.VectorBytes)]);
        }

        Code.add(rcx, Own(nameof(Int8Arguments.CorrectionStride)));
        Code.mov(BlockCorrections, rcx);
        Code.mov(rcx, StepsLeft);
        Code.cmp(rcx, Int8Arguments.BlockSteps);
        Code.jle(counted);
        Code.mov(ecx, Int8Arguments.BlockSteps);
        Code.Label(ref counted);
        EmitLoops(Vectors, firstSum: Sums, fetches: true);
        AddBlock();
        Code.sub(StepsLeft, Int8Arguments.BlockSteps);
        Code.jg(block);
        ScaleColumns();
        Code.imul(rcx, Own(nameof(Int8Arguments.RowScaleStride)), Rows);
        Code.add(Own(nameof(Int8Arguments.RowScales)), rcx);
    }

    private static AssemblerMemoryOperand Own(string field) => __qword_ptr[r11 + (int)Marshal.OffsetOf<Int8Arguments>(field)];

    /// <summary>The register of a sum of codes.</summary>
    private AssemblerRegisterZMM Codes(int sum) => Avx512VectorEmitter.Zmm[Sums + sum];

    private void Start(AssemblerMemoryOperand slot, AssemblerMemoryOperand argument)
    {
        Code.mov(rcx, argument);
        Code.mov(slot, rcx);
    }

    /// <summary>Makes the exact sums of a block numbers, and adds them to those of the blocks before.</summary>
    private void AddBlock()
    {
        Code.mov(rcx, BlockScales);
        AssemblerRegisterZMM scale = Avx512VectorEmitter.Zmm[2 * Sums];
        for (int row = 0; row < Rows; row++)
        {
            Code.vbroadcastss(scale, __dword_ptr[rcx]);
            Code.add(rcx, Own(nameof(Int8Arguments.RowScaleStride)));
            for (int vector = 0; vector < RowVectors; vector++)
            {
                int sum = (row * RowVectors) + vector;
                Code.vcvtdq2ps(Codes(sum), Codes(sum));
                Code.vfmadd231ps(Avx512VectorEmitter.Zmm[sum], Codes(sum), scale);
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
