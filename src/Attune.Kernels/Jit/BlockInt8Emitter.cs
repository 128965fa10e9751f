using Attune.Tensors;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Kernels.Jit;

/// <summary>Writes a kernel for products of int8 rows with a weight of few bits (VPDPBUSD), see <see cref="BlockInt8Layout"/>: tiles and epilogue of <see cref="GemmEmitter"/> around sums of blocks of 32.</summary>
/// <remarks>
/// <see cref="GemmArguments.Steps"/> are blocks. As in <see cref="Int8GemmEmitter"/> every sum has two registers, one for the integers of a block and one for the numbers of all blocks before it.
/// </remarks>
internal sealed class BlockInt8Emitter : GemmEmitter
{
    private readonly Avx512VectorEmitter _codes;
    private readonly bool _hasOffsets;

    private BlockInt8Emitter(Assembler code, bool convertsBF16, DType added, bool hasOffsets, int rows, int panels, GemmKernelFlags flags)
        : base(code, new Avx512VectorEmitter(code, DType.F32, convertsBF16), rows, panels, flags, GemmFetch.Rows, blockSteps: 1, sumRegisters: 2 * rows * panels)
    {
        _codes = new Avx512VectorEmitter(code, DType.U8, convertsBF16);
        _hasOffsets = hasOffsets;
        AddedVectors = new Avx512VectorEmitter(code, added, convertsBF16);
    }

    /// <inheritdoc/>
    protected override int BlockSumBytes => 0;

    /// <inheritdoc/>
    protected override VectorEmitter AddedVectors { get; }

    /// <summary>Emits a kernel.</summary>
    /// <param name="code">Where the instructions go.</param>
    /// <param name="convertsBF16">Whether the processor has VCVTNEPS2BF16.</param>
    /// <param name="added">Type of the operands of the added product: F32, or BF16 for pairs.</param>
    /// <param name="hasOffsets">Whether the weight has offsets.</param>
    /// <param name="rows">Rows of the tile, at most <see cref="Int8GemmEmitter.RowsThatFit"/>.</param>
    /// <param name="panels">Panels of the tile.</param>
    /// <param name="flags">What is done with the sums.</param>
    public static void Emit(Assembler code, bool convertsBF16, DType added, bool hasOffsets, int rows, int panels, GemmKernelFlags flags) =>
        new BlockInt8Emitter(code, convertsBF16, added, hasOffsets, rows, panels, flags).Emit();

    /// <inheritdoc/>
    protected override void EmitBlocks()
    {
        Label block = Code.CreateLabel();
        Code.mov(rcx, Argument(nameof(GemmArguments.Steps)));
        Code.Label(ref block);
        StartBlock();
        FetchRows();
        for (int step = 0; step < BlockInt8Layout.Steps; step++)
        {
            EmitStep(_codes, firstSum: Sums, step, fetches: false);
        }

        AddBlock();
        Advance(BlockInt8Layout.RowBytes, BlockInt8Layout.PanelBytes(_hasOffsets));
        Code.dec(rcx);
        Code.jnz(block);
    }

    /// <summary>The register of a sum of codes.</summary>
    private AssemblerRegisterZMM Codes(int sum) => Avx512VectorEmitter.Zmm[Sums + sum];

    private void StartBlock()
    {
        for (int sum = 0; sum < Sums; sum++)
        {
            if (_hasOffsets)
            {
                Code.vpxord(Codes(sum), Codes(sum), Codes(sum));
            }
            else
            {
                Code.vpbroadcastd(Codes(sum), Row(sum / RowVectors, BlockInt8Layout.RowSum));
            }
        }
    }

    /// <summary>Makes the exact sums of a block numbers, and adds them to those of the blocks before.</summary>
    private void AddBlock()
    {
        for (int vector = 0; vector < RowVectors; vector++)
        {
            Code.vmovups(Scale(vector), Panel(rsi, rbp, vector, BlockInt8Layout.PanelScales));
            if (_hasOffsets)
            {
                Code.vmovups(Offset(vector), Panel(rsi, rbp, vector, BlockInt8Layout.PanelOffsets));
            }
        }

        for (int sum = 0; sum < Sums; sum++)
        {
            (int row, int vector) = Math.DivRem(sum, RowVectors);
            Code.vcvtdq2ps(Codes(sum), Codes(sum));
            Code.vmulps(Codes(sum), Codes(sum), Scale(vector));
            Code.vfmadd231ps(Avx512VectorEmitter.Zmm[sum], Codes(sum), Broadcast(row, BlockInt8Layout.RowScale));
            if (_hasOffsets)
            {
                Code.vfmadd231ps(Avx512VectorEmitter.Zmm[sum], Offset(vector), Broadcast(row, BlockInt8Layout.RowSum));
            }
        }
    }

    private AssemblerRegisterZMM Scale(int vector) => Avx512VectorEmitter.Zmm[(2 * Sums) + vector];

    private AssemblerRegisterZMM Offset(int vector) => Avx512VectorEmitter.Zmm[(2 * Sums) + RowVectors + vector];

    /// <summary>A number of a row of A as an operand that is the same in all lanes.</summary>
    private AssemblerMemoryOperand Broadcast(int row, int displacement) => __dword_bcst[Row(row, displacement)];
}
