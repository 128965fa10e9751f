using Attune.Kernels.Cpu;
using Attune.Kernels.Cpu.FewBits;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Cpu;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The kernels for weights of few bits, emulated, beside double precision, with every byte known that they may touch.</summary>
public sealed unsafe class BlockProductKernelTests
{
    private const int Block = BlockFormat.BlockElements;
    private const int Columns = PanelLayout.PanelRows;
    private const float Alpha = -0.75f;

    public static TheoryData<int, bool, DType> Formats => RandomBlocks.Formats;

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_number_of_rows_equals_double_precision(int bits, bool offsets, DType scales)
    {
        for (int rows = 1; rows <= BlockProductEmitter.MaxRows; rows++)
        {
            Check(new BlockFormat(bits, offsets, scales), rows, blocks: 1 + (rows % 3), columns: Columns, GemmKernelFlags.None);
        }
    }

    [Fact]
    public void Every_epilogue_equals_double_precision()
    {
        foreach (GemmKernelFlags flags in GemmProblem.AllFlags)
        {
            var format = new BlockFormat((int)flags % 3 == 0 ? 8 : 4, HasOffsets: (int)flags % 2 == 0, DType.F16);
            Check(format, rows: 1 + ((int)flags % BlockProductEmitter.MaxRows), blocks: 2, flags.HasFlag(GemmKernelFlags.Masked) ? 1 + ((int)flags % 15) : Columns, flags);
        }
    }

    private static void Check(BlockFormat format, int rows, int blocks, int columns, GemmKernelFlags flags)
    {
        DType resultType = flags.HasFlag(GemmKernelFlags.StoreBF16) ? DType.BF16 : DType.F32;
        DType addendType = flags.HasFlag(GemmKernelFlags.AddBF16) ? DType.BF16 : DType.F32;
        bool adds = (flags & (GemmKernelFlags.AddF32 | GemmKernelFlags.AddBF16)) != 0;
        var random = new Random(rows + blocks + (int)flags);
        var weight = new RandomBlocks(random, columns, blocks * Block, format);
        using var panels = new BlockPanels(columns, blocks * Block, format, DType.BF16);
        panels.Pack(weight, 0);
        using TestMatrix x = new TestMatrix(DType.BF16, rows, blocks * Block).Randomise(random);
        using TestMatrix c = new TestMatrix(resultType, rows, columns, padding: 2).Randomise(random);
        using TestMatrix addend = new TestMatrix(addendType, rows, columns, padding: 1).Randomise(random);
        using TestMatrix bias = new TestMatrix(DType.F32, 1, columns).Randomise(random);
        using AlignedBuffer records = Records(x, blocks, BlockRecords.Excess(format));
        var arguments = new GemmArguments
        {
            A = records.Pointer,
            B = panels.Panel(0),
            Steps = blocks,
            C = c.View.Data,
            CStride = (nint)c.View.RowBytes,
            Bias = (float*)bias.View.Data,
            Addend = addend.View.Data,
            AddendStride = (nint)addend.View.RowBytes,
            Alpha = Alpha,
            ColumnMask = (1u << columns) - 1,
        };
        var map = new MemoryMap();
        map.Allow("records", records.Pointer, blocks * BlockRecords.Bytes(rows), writable: false);
        map.Allow("the panel", panels.Panel(0), panels.PanelBytes, writable: false);
        map.AllowRows("C", c.View.Data, rows, arguments.CStride, columns * resultType.SizeInBytes, writable: true);
        map.AllowRows("addend", addend.View.Data, adds ? rows : 0, arguments.AddendStride, columns * addendType.SizeInBytes, writable: false);
        map.Allow("bias", bias.View.Data, flags.HasFlag(GemmKernelFlags.Bias) ? columns * sizeof(float) : 0, writable: false);
        bool isAvailable = CpuTier.Avx512Bf16.IsAvailable && BlockProductEmitter.Supports(format.Bits);
        new EmulatedFunction<GemmArguments>(code => BlockProductEmitter.Emit(code, format, rows, flags), isAvailable).Run(&arguments, map);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double sum = 0;
                double bound = 0;
                for (int k = 0; k < x.View.Columns; k++)
                {
                    int place = (column * x.View.Columns) + k;
                    sum += (double)x[row, k] * weight.Values[place];

                    // Codes, or what is added to them, take part in every sum.
                    bound += Math.Abs(x[row, k] * weight.Scales[place / Block]) * Math.Max(BlockRecords.Excess(format), 1 << format.Bits) * Math.ScaleB(1, -19);
                }

                double scaled = flags.HasFlag(GemmKernelFlags.Alpha) ? Alpha * sum : sum;
                double expected = scaled + (flags.HasFlag(GemmKernelFlags.Bias) ? bias[0, column] : 0) + (adds ? addend[row, column] : 0);
                double limit = bound + (Math.ScaleB(1, resultType == DType.BF16 ? -8 : -20) * (Math.Abs(expected) + 1));
                Assert.Equal(expected, c[row, column], limit);
            }
        }
    }

    /// <summary>Of each block: the rows, then what their sums start from, then the sums of their numbers.</summary>
    private static AlignedBuffer Records(TestMatrix x, int blocks, float excess)
    {
        int rows = x.View.Rows;
        var records = new AlignedBuffer(blocks * BlockRecords.Bytes(rows));
        for (int block = 0; block < blocks; block++)
        {
            byte* record = records.Pointer + (block * BlockRecords.Bytes(rows));
            var sums = (float*)(record + (rows * Block * sizeof(ushort)));
            for (int row = 0; row < rows; row++)
            {
                float sum = 0;
                for (int k = 0; k < Block; k++)
                {
                    float number = x[row, (block * Block) + k];
                    ((ushort*)record)[(row * Block) + k] = BFloat16.FromSingle(number);
                    sum += number;
                }

                sums[row] = -excess * sum;
                sums[rows + row] = sum;
            }
        }

        return records;
    }
}
