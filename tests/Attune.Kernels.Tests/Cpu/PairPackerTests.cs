using Attune.Kernels.Cpu;
using Attune.Tensors;

namespace Attune.Kernels.Tests.Cpu;

public sealed unsafe class PairPackerTests
{
    private static readonly (int Rows, int Columns)[] Sizes = [(1, 32), (16, 31), (32, 32), (33, 64), (64, 65), (47, 98), (2100, 34), (4130, 5), (575, 130), (192, 512)];

    [Theory]
    [InlineData(DType.F32, false)]
    [InlineData(DType.F32, true)]
    [InlineData(DType.BF16, false)]
    [InlineData(DType.BF16, true)]
    public void Strips_hold_what_panels_and_rows_packed_alone_do(DType type, bool forTiles)
    {
        var random = new Random(7);
        foreach (int threads in (int[])[1, 3])
        {
            using var pool = new WorkerPool(threads);
            foreach ((int rows, int columns) in Sizes)
            {
                using TestMatrix source = new TestMatrix(type, rows, columns, transposed: true, padding: 3).Randomise(random);
                var layout = new PanelLayout(DType.BF16, DType.BF16, columns, forTiles);
                CheckPanels(pool, source, layout);
                CheckRows(pool, source, layout);
            }
        }
    }

    private static void CheckPanels(WorkerPool pool, TestMatrix source, PanelLayout layout)
    {
        using var actual = new PackedPanels(source.View.Rows, layout);
        using var expected = new PackedPanels(source.View.Rows, layout);
        for (int panel = 0; panel < expected.Panels; panel++)
        {
            PanelPacker.Pack(source.View, panel * PanelLayout.PanelRows, layout, expected.Panel(panel));
        }

        new Span<byte>(actual.Panel(0), (int)actual.Bytes).Fill(0x5A);
        var job = new PackJob(source.View, actual);
        pool.Run(ref job, job.Indices);
        int bytes = (int)(expected.Panels * layout.PanelBytes);
        Assert.True(new Span<byte>(expected.Panel(0), bytes).SequenceEqual(new Span<byte>(actual.Panel(0), bytes)), $"panels of {source.View}");
    }

    private static void CheckRows(WorkerPool pool, TestMatrix source, PanelLayout layout)
    {
        // From the second row on, as for the second part of a long matrix, and with a guard behind each row.
        int first = Math.Min(1, source.View.Rows - 1);
        int rows = source.View.Rows - first;
        nint stride = (layout.Steps * 4) + 64;
        using AlignedBuffer expected = Guarded(rows * stride);
        using AlignedBuffer actual = Guarded(rows * stride);
        for (int row = 0; row < rows; row += PanelLayout.PanelRows)
        {
            PanelPacker.PackRows(source.View, first + row, layout, expected.Pointer + (row * stride), stride);
        }

        var job = new PackRowsJob(source.View, first, rows, layout, actual.Pointer, stride);
        pool.Run(ref job, job.Indices);
        Assert.True(new Span<byte>(expected.Pointer, (int)expected.Bytes).SequenceEqual(new Span<byte>(actual.Pointer, (int)actual.Bytes)), $"rows of {source.View}");
    }

    private static AlignedBuffer Guarded(nint bytes)
    {
        var buffer = new AlignedBuffer(bytes);
        new Span<byte>(buffer.Pointer, (int)bytes).Fill(0x5A);
        return buffer;
    }
}
