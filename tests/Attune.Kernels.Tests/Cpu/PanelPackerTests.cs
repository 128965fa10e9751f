using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

public sealed unsafe class PanelPackerTests
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];
    private static readonly (int Rows, int Columns)[] Sizes = [(1, 1), (16, 2), (15, 3), (17, 16), (32, 31), (33, 257), (48, 600)];

    public static TheoryData<DType, DType, bool> Layouts => new()
    {
        { DType.F32, DType.F32, false }, { DType.BF16, DType.BF16, false }, { DType.BF16, DType.F32, false }, { DType.BF16, DType.BF16, true },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Packs_every_source_into_the_documented_places(DType precision, DType storage, bool forTiles) => ForEachSource((source, random) =>
    {
        var layout = new PanelLayout(precision, storage, source.View.Columns, forTiles);
        using var memory = new AlignedBuffer(layout.PanelBytes);
        for (int first = 0; first < source.View.Rows; first += 16)
        {
            PanelPacker.Pack(source.View, first, layout, memory.Pointer);
            for (int row = 0; row < 16; row++)
            {
                for (int column = 0; column < layout.Steps * layout.StepElements; column++)
                {
                    float actual = ReadPanel(memory.Pointer, layout, row, column);
                    bool exists = first + row < source.View.Rows && column < source.View.Columns;
                    float expected = exists ? Rounded(source[first + row, column], precision) : 0;
                    Assert.True(actual == expected, $"{source.View}, row {first + row}, column {column}: {actual}, expected {expected}");
                }
            }
        }
    });

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Unpacks_what_it_packed(DType precision, DType storage, bool forTiles) => ForEachSource((source, random) =>
    {
        using var panels = new PackedPanels(source.View.Rows, new PanelLayout(precision, storage, source.View.Columns, forTiles));
        for (int panel = 0; panel < panels.Panels; panel++)
        {
            PanelPacker.Pack(source.View, panel * 16, panels.Layout, panels.Panel(panel));
        }

        foreach (DType type in Types)
        {
            using var back = new TestMatrix(type, source.View.Rows, source.View.Columns, transposed: random.Next(2) == 0, padding: 3);
            using var row = new TestMatrix(type, 1, source.View.Columns, columnStride: 2);
            for (int panel = 0; panel < panels.Panels; panel++)
            {
                PanelPacker.Unpack(panels.Panel(panel), panels.Layout, panel * 16, back.View);
            }

            int chosen = random.Next(source.View.Rows);
            panels.ReadRow(chosen, row.View);
            for (int column = 0; column < source.View.Columns; column++)
            {
                Assert.Equal(Rounded(Rounded(source[chosen, column], precision), type), row[0, column]);
                for (int each = 0; each < source.View.Rows; each++)
                {
                    Assert.Equal(Rounded(Rounded(source[each, column], precision), type), back[each, column]);
                }
            }
        }
    });

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Writes_rows_of_any_matrix_as_kernels_read_them(DType precision, DType storage, bool forTiles) => ForEachSource((source, random) =>
    {
        var layout = new PanelLayout(precision, storage, source.View.Columns, forTiles);
        nint stride = (layout.Steps * 4) + 64;
        using var memory = AlignedBuffer.Zeroed(stride * 16);
        for (int first = 0; first < source.View.Rows; first += 16)
        {
            new Span<byte>(memory.Pointer, (int)memory.Bytes).Fill(0x5A);
            PanelPacker.PackRows(source.View, first, layout, memory.Pointer, stride);
            for (int row = 0; row < Math.Min(16, source.View.Rows - first); row++)
            {
                for (int column = 0; column < layout.Steps * layout.StepElements; column++)
                {
                    float expected = column < source.View.Columns ? Rounded(source[first + row, column], precision) : 0;
                    Assert.Equal(expected, PackedElements.Read(memory.Pointer + (row * stride), storage, column));
                }

                Assert.Equal(0x5A, memory.Pointer[(row * stride) + (layout.Steps * 4)]);
            }
        }
    });

    [Fact]
    public void Rounds_special_numbers_to_bf16_as_the_scalar_conversion_does()
    {
        float[] values =
        [
            float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -0f, 1e-40f, 1.00390625f, 1.01171875f,
            BitConverter.UInt32BitsToSingle(0x7F800001), BitConverter.UInt32BitsToSingle(0xFFFFFFFF), 1, 2, 3, 4, 5, 6,
        ];
        ushort* target = stackalloc ushort[16];
        fixed (float* source = values)
        {
            PackedElements.ToStorage((byte*)source, DType.F32, 1, 16, (byte*)target, new PanelLayout(DType.BF16, DType.BF16, 16));
        }

        for (int i = 0; i < 16; i++)
        {
            Assert.Equal(BFloat16.FromSingle(values[i]), target[i]);
        }
    }

    [Theory]
    [InlineData(-1, 1, 5)]
    [InlineData(3, 1, 5)]
    [InlineData(0, 2, 5)]
    [InlineData(0, 1, 4)]
    public void Refuses_rows_that_are_not_there(int row, int destinationRows, int destinationColumns)
    {
        using var panels = new PackedPanels(3, new PanelLayout(DType.F32, DType.F32, 5));
        using var destination = new TestMatrix(DType.F32, destinationRows, destinationColumns);
        Assert.Throws<TensorException>(() => panels.ReadRow(row, destination.View));
    }

    private static void ForEachSource(Action<TestMatrix, Random> check)
    {
        var random = new Random(5);
        foreach ((int rows, int columns) in Sizes)
        {
            foreach (DType type in Types)
            {
                foreach ((bool transposed, int padding, int columnStride) in new[] { (false, 0, 1), (false, 1, 1), (false, 3, 2), (true, 0, 1), (true, 5, 1) })
                {
                    using var source = new TestMatrix(type, rows, columns, transposed, padding, columnStride).Randomise(random);
                    check(source, random);
                }
            }
        }
    }

    private static float ReadPanel(byte* panel, PanelLayout layout, int row, int column) => layout.Storage == DType.BF16
        ? BFloat16.ToSingle(((ushort*)panel)[((column / 2) * 32) + (row * 2) + (column % 2)])
        : ((float*)panel)[(column * 16) + row];

    private static float Rounded(float value, DType type) => type switch
    {
        DType.BF16 => BFloat16.ToSingle(BFloat16.FromSingle(value)),
        DType.F16 => (float)(Half)value,
        _ => value,
    };
}
