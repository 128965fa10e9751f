using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>
/// How products with weights of few bits read rows of bf16: of each block of 32 numbers along K those of all rows, then of each row what its sums start from, then of each row the sum of its numbers.
/// </summary>
internal static unsafe class BlockRecords
{
    private const int RowBytes = BlockFormat.BlockElements * sizeof(ushort);

    /// <summary>Bytes of a block.</summary>
    public static int Bytes(int rows) => rows * (RowBytes + (2 * sizeof(float)));

    /// <summary>What is added to every code: the sums start from minus its product with the sum of x.</summary>
    public static float Excess(BlockFormat format) => (format.Bits == 8 ? 0 : 128) + format.Zero;

    /// <summary>Writes a row to the records of its blocks.</summary>
    /// <param name="numbers">The row.</param>
    /// <param name="records">The first block's.</param>
    /// <param name="blocks">Blocks of the row.</param>
    /// <param name="rows">Rows of the records.</param>
    /// <param name="row">Which of them this is.</param>
    /// <param name="format">Of the weight.</param>
    [MethodImpl(Compile.Loop)]
    public static void Write(byte* numbers, byte* records, int blocks, int rows, int row, BlockFormat format)
    {
        float excess = Excess(format);
        for (int block = 0; block < blocks; block++, records += Bytes(rows), numbers += RowBytes)
        {
            Vector512<uint> pairs = Vector512.Load((uint*)numbers);
            pairs.Store((uint*)(records + (row * RowBytes)));
            float sum = Vector512.Sum((pairs << 16).AsSingle() + (pairs & Vector512.Create(0xFFFF0000)).AsSingle());
            var sums = (float*)(records + (rows * RowBytes));
            sums[row] = -excess * sum;
            sums[rows + row] = sum;
        }
    }
}
