using Attune.Kernels.Cpu;
using Attune.Kernels.Jit;
using Attune.Kernels.Tests.Cpu;
using Attune.Kernels.Tests.Emulation;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Jit;

/// <summary>The kernels for products of tall matrices, emulated, beside double precision, with every byte known that they may touch.</summary>
public sealed unsafe class NarrowProductKernelTests
{
    private const int TileColumns = NarrowProductEmitter.TileColumns;
    private static readonly int[] RowCounts = [1, 2, 7, 8, 9, 16, 17, 33, 64];

    public static TheoryData<bool, bool> Operands => new() { { false, false }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Operands))]
    public void Every_number_of_rows_equals_double_precision(bool narrow, bool paired)
    {
        NarrowOperand operand = !narrow ? NarrowOperand.F32 : paired ? NarrowOperand.PairedBF16 : NarrowOperand.WidenedBF16;
        foreach (int rows in RowCounts)
        {
            Check(operand, rows, steps: 3, columns: 2 * TileColumns, adds: rows % 2 == 0);
            Check(operand, rows, steps: 1 + (rows % 2), columns: 1 + (rows * 7 % (TileColumns - 1)), adds: rows % 2 == 1);
        }
    }

    private static void Check(NarrowOperand operand, int rows, int steps, int columns, bool adds)
    {
        DType type = operand == NarrowOperand.F32 ? DType.F32 : DType.BF16;
        int perStep = operand == NarrowOperand.PairedBF16 ? 2 : 1;
        int depth = steps * perStep;
        int tiles = (columns + TileColumns - 1) / TileColumns;
        var random = new Random(rows);
        using TestMatrix u = new TestMatrix(type, rows, depth).Randomise(random);
        using TestMatrix x = new TestMatrix(type, depth, columns, padding: 3).Randomise(random);
        using TestMatrix sums = new TestMatrix(DType.F32, tiles * rows, TileColumns).Randomise(random);
        using TestMatrix before = new TestMatrix(DType.F32, tiles * rows, TileColumns);
        sums.Bytes.CopyTo(new Span<byte>(before.View.Data, sums.Bytes.Length));
        using var panels = new PackedPanels(rows, new PanelLayout(type, perStep == 2 ? DType.BF16 : DType.F32, depth));
        for (int panel = 0; panel < panels.Panels; panel++)
        {
            PanelPacker.Pack(u.View, panel * PanelLayout.PanelRows, panels.Layout, panels.Panel(panel), 0, steps);
        }

        using var operands = new AlignedBuffer(steps * NarrowProductEmitter.OperandBytes);
        var arguments = new NarrowProductArguments
        {
            U = panels.Panel(0),
            UPanelStride = panels.Layout.PanelBytes,
            X = x.View.Data,
            XStride = (nint)x.View.RowBytes,
            Steps = steps,
            Operands = operands.Pointer,
            Sums = (float*)sums.View.Data,
            Tiles = tiles,
            ColumnMask = columns % TileColumns == 0 ? uint.MaxValue : (1u << columns) - 1,
            SumMask = adds ? uint.MaxValue : 0,
        };
        var map = new MemoryMap();
        map.AllowRows("X", x.View.Data, depth, arguments.XStride, columns * type.SizeInBytes, writable: false);
        map.Allow("operands", operands.Pointer, operands.Bytes > 0 ? steps * NarrowProductEmitter.OperandBytes : 0, writable: true);
        map.Allow("sums", sums.View.Data, tiles * rows * TileColumns * sizeof(float), writable: true);
        for (int panel = 0; panel < panels.Panels; panel++)
        {
            int own = Math.Min(PanelLayout.PanelRows, rows - (panel * PanelLayout.PanelRows));
            map.AllowRows($"panel {panel} of U", panels.Panel(panel), steps, PanelLayout.StepBytes, own * sizeof(float), writable: false);
        }

        bool isAvailable = (operand == NarrowOperand.PairedBF16 ? CpuTier.Avx512Bf16 : CpuTier.Avx512).IsAvailable;
        new EmulatedFunction<NarrowProductArguments>(code => NarrowProductEmitter.Emit(code, operand, rows), isAvailable).Run(&arguments, map);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                (int sumRow, int place) = PlaceOf(row, column, rows, perStep == 2);
                double expected = Enumerable.Range(0, depth).Sum(k => (double)u[row, k] * x[k, column]) + (adds ? before[sumRow, place] : 0);
                Assert.Equal(expected, sums[sumRow, place], 2e-6);
            }
        }
    }

    /// <summary>Where a sum lies. Of pairs, the first half of a row belongs to columns 0 to 3, 8 to 11 and so on.</summary>
    private static (int Row, int Place) PlaceOf(int row, int column, int rows, bool paired)
    {
        int own = column % TileColumns;
        int place = paired ? (own / 8 * 4) + (own % 4) + (own / 4 % 2 * 16) : own;
        return (((column / TileColumns) * rows) + row, place);
    }
}
