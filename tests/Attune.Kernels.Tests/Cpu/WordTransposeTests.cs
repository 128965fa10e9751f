using Attune.Kernels.Cpu;

namespace Attune.Kernels.Tests.Cpu;

public sealed unsafe class WordTransposeTests
{
    [Fact]
    public void Transposes_every_shape_and_touches_nothing_else()
    {
        const uint Untouched = 0xFFFF_FFFF;
        var random = new Random(1);
        for (int rows = 1; rows <= 41; rows++)
        {
            for (int columns = 1; columns <= 41; columns++)
            {
                int sourceStride = columns + random.Next(3);
                int targetStride = rows + random.Next(3);
                var source = new uint[rows * sourceStride];
                var target = new uint[columns * targetStride];
                Array.Fill(target, Untouched);
                for (int i = 0; i < source.Length; i++)
                {
                    source[i] = (uint)i;
                }

                fixed (uint* from = source, to = target)
                {
                    WordTranspose.Run(from, sourceStride, to, targetStride, rows, columns);
                }

                for (int i = 0; i < target.Length; i++)
                {
                    (int column, int row) = Math.DivRem(i, targetStride);
                    Assert.Equal(row < rows ? source[(row * sourceStride) + column] : Untouched, target[i]);
                }
            }
        }
    }

    [Fact]
    public void Writes_panels_of_every_length_and_nothing_behind_them()
    {
        const int Rows = 16;
        for (int steps = 0; steps <= 70; steps++)
        {
            uint[] source = [.. Enumerable.Range(0, Rows * steps).Select(i => (uint)i)];
            using AlignedBuffer panel = AlignedBuffer.Zeroed((steps + 1) * Rows * sizeof(uint));
            fixed (uint* from = source)
            {
                WordTranspose.ToPanel(from, steps, (uint*)panel.Pointer);
            }

            for (int i = 0; i < (steps + 1) * Rows; i++)
            {
                (int step, int row) = Math.DivRem(i, Rows);
                Assert.Equal(step < steps ? source[(row * steps) + step] : 0, ((uint*)panel.Pointer)[i]);
            }
        }
    }
}
