using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>
/// How products with weights of few bits read rows of fp32: of each block of 32 numbers along K those of all rows, divided by what the places of their codes in a half-word multiply these with, then of
/// each row what its sum starts from, then of each row the sum of its numbers.
/// </summary>
/// <remarks>Dividing by up to 2^12 is exact but for numbers below 2^-114, of which bits below 2^-149 are lost.</remarks>
internal static unsafe class BlockRecordsF32
{
    private const int Block = BlockFormat.BlockElements;
    private const int RowBytes = Block * sizeof(float);

    /// <summary>Bytes of a block.</summary>
    public static int Bytes(int rows) => rows * (RowBytes + (2 * sizeof(float)));

    /// <summary>Where the number of a row at a place along K is.</summary>
    public static int NumberOffset(int row, int column) => (row * RowBytes) + (column * sizeof(float));

    /// <summary>Where what the sum of a row starts from is.</summary>
    public static int StartOffset(int rows, int row) => (rows * RowBytes) + (row * sizeof(float));

    /// <summary>Where the sum of a row's numbers is.</summary>
    public static int SumOffset(int rows, int row) => StartOffset(rows, rows + row);

    /// <summary>Writes a row to the records of its blocks.</summary>
    /// <param name="numbers">The row.</param>
    /// <param name="records">The first block's.</param>
    /// <param name="blocks">Blocks of the row.</param>
    /// <param name="rows">Rows of the records.</param>
    /// <param name="row">Which of them this is.</param>
    /// <param name="format">Of the weight.</param>
    [MethodImpl(Compile.Loop)]
    public static void Write(float* numbers, byte* records, int blocks, int rows, int row, BlockFormat format)
    {
        Vector256<float> factors = format.Bits == 4
            ? Vector256.Create(1, 1, 1f / 16, 1f / 16, 1f / 256, 1f / 256, 1f / 4096, 1f / 4096)
            : Vector256.Create(1, 1, 1f / 256, 1f / 256, 1, 1, 1f / 256, 1f / 256);
        for (int block = 0; block < blocks; block++, records += Bytes(rows), numbers += Block)
        {
            Vector256<float> sums = Vector256<float>.Zero;
            var target = (float*)(records + NumberOffset(row, 0));
            for (int i = 0; i < Block; i += Vector256<float>.Count)
            {
                Vector256<float> values = Vector256.Load(numbers + i);
                sums += values;
                (values * factors).Store(target + i);
            }

            float sum = Vector256.Sum(sums);
            *(float*)(records + StartOffset(rows, row)) = -format.Zero * sum;
            *(float*)(records + SumOffset(rows, row)) = sum;
        }
    }
}
