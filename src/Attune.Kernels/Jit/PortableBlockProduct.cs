using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Attune.Kernels.Cpu.FewBits;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Jit;

/// <summary>What <see cref="BlockProductF32Emitter"/> emits, without emitted code: 1 to <see cref="MaxRows"/> rows by a panel, plain stores.</summary>
internal static unsafe class PortableBlockProduct
{
    /// <summary>Most rows.</summary>
    public const int MaxRows = 4;

    private const int Columns = GemmReference.PanelColumns;
    private const int Half = Columns / 2;

    /// <summary>Computes rows x 16 columns.</summary>
    public static void Run(GemmArguments* arguments, BlockFormat format, int rows)
    {
        float* sums = stackalloc float[MaxRows * Columns];
        new Span<float>(sums, MaxRows * Columns).Clear();
        if (rows == 1)
        {
            AddRow(arguments->A, arguments->B, arguments->Steps, format, sums);
        }
        else
        {
            AddRows(arguments->A, arguments->B, arguments->Steps, format, rows, sums);
        }

        for (int row = 0; row < rows; row++)
        {
            Unsafe.CopyBlockUnaligned(arguments->C + (arguments->CStride * row), sums + (row * Columns), Columns * sizeof(float));
        }
    }

    /// <summary>One row, two blocks at a time; the last of an odd number beside itself, which is not counted.</summary>
    [MethodImpl(Compile.Loop)]
    private static void AddRow(byte* record, byte* panel, nint blocks, BlockFormat format, float* sums)
    {
        int recordBytes = BlockRecordsF32.Bytes(1);
        int blockBytes = BlockPanels.BlockBytes(format);
        int codes = BlockPanels.CodesOffset(format);
        for (nint block = 0; block < blocks; block += 2)
        {
            int next = block + 1 < blocks ? 1 : 0;
            float* x0 = (float*)record;
            float* x1 = (float*)(record + (next * recordBytes));
            byte* line0 = panel + codes;
            byte* line1 = line0 + (next * blockBytes);
            Vector256<float> c00 = Start(record, 1, 0), c01 = c00, c10 = Start((byte*)x1, 1, 0), c11 = c10;
            for (int line = 0; line < format.Bits; line++, line0 += GemmReference.StepBytes, line1 += GemmReference.StepBytes)
            {
                Vector256<uint> w00 = Vector256.Load((uint*)line0), w01 = Vector256.Load((uint*)line0 + Half);
                Vector256<uint> w10 = Vector256.Load((uint*)line1), w11 = Vector256.Load((uint*)line1 + Half);
                Vector256<uint> mask = Vector256.Create((1u << format.Bits) - 1);
                for (int place = 0; place < 16; place += format.Bits, x0 += 2, x1 += 2, mask <<= format.Bits)
                {
                    c00 = Vector256.MultiplyAddEstimate(Number(w00, mask), Vector256.Create(x0[0]), c00);
                    c01 = Vector256.MultiplyAddEstimate(Number(w01, mask), Vector256.Create(x0[0]), c01);
                    c10 = Vector256.MultiplyAddEstimate(Number(w10, mask), Vector256.Create(x1[0]), c10);
                    c11 = Vector256.MultiplyAddEstimate(Number(w11, mask), Vector256.Create(x1[0]), c11);
                    c00 = Vector256.MultiplyAddEstimate(Number(w00 >>> 16, mask), Vector256.Create(x0[1]), c00);
                    c01 = Vector256.MultiplyAddEstimate(Number(w01 >>> 16, mask), Vector256.Create(x0[1]), c01);
                    c10 = Vector256.MultiplyAddEstimate(Number(w10 >>> 16, mask), Vector256.Create(x1[1]), c10);
                    c11 = Vector256.MultiplyAddEstimate(Number(w11 >>> 16, mask), Vector256.Create(x1[1]), c11);
                }
            }

            AddScaled(panel, format, record, 1, 0, c00, c01, sums);
            if (next != 0)
            {
                AddScaled(panel + blockBytes, format, record + recordBytes, 1, 0, c10, c11, sums);
            }

            record += 2 * recordBytes;
            panel += 2 * blockBytes;
        }
    }

    /// <summary>Rows that do not exist repeat the last one and are not stored.</summary>
    [MethodImpl(Compile.Loop)]
    private static void AddRows(byte* record, byte* panel, nint blocks, BlockFormat format, int rows, float* sums)
    {
        int second = 1;
        int third = Math.Min(2, rows - 1);
        int fourth = rows - 1;
        int codes = BlockPanels.CodesOffset(format);
        for (; blocks > 0; blocks--, record += BlockRecordsF32.Bytes(rows), panel += BlockPanels.BlockBytes(format))
        {
            float* x0 = (float*)record;
            float* x1 = (float*)(record + BlockRecordsF32.NumberOffset(second, 0));
            float* x2 = (float*)(record + BlockRecordsF32.NumberOffset(third, 0));
            float* x3 = (float*)(record + BlockRecordsF32.NumberOffset(fourth, 0));
            Vector256<float> c00 = Start(record, rows, 0), c01 = c00, c10 = Start(record, rows, second), c11 = c10;
            Vector256<float> c20 = Start(record, rows, third), c21 = c20, c30 = Start(record, rows, fourth), c31 = c30;
            byte* line = panel + codes;
            for (int i = 0; i < format.Bits; i++, line += GemmReference.StepBytes)
            {
                Vector256<uint> w0 = Vector256.Load((uint*)line), w1 = Vector256.Load((uint*)line + Half);
                Vector256<uint> mask = Vector256.Create((1u << format.Bits) - 1);
                for (int place = 0; place < 16; place += format.Bits, mask <<= format.Bits)
                {
                    // The lower half-words, then the upper ones.
                    for (int shift = 0; shift < 32; shift += 16)
                    {
                        Vector256<float> b0 = Number(w0 >>> shift, mask);
                        Vector256<float> b1 = Number(w1 >>> shift, mask);
                        Vector256<float> a = Vector256.Create(*x0++);
                        c00 = Vector256.MultiplyAddEstimate(b0, a, c00);
                        c01 = Vector256.MultiplyAddEstimate(b1, a, c01);
                        a = Vector256.Create(*x1++);
                        c10 = Vector256.MultiplyAddEstimate(b0, a, c10);
                        c11 = Vector256.MultiplyAddEstimate(b1, a, c11);
                        a = Vector256.Create(*x2++);
                        c20 = Vector256.MultiplyAddEstimate(b0, a, c20);
                        c21 = Vector256.MultiplyAddEstimate(b1, a, c21);
                        a = Vector256.Create(*x3++);
                        c30 = Vector256.MultiplyAddEstimate(b0, a, c30);
                        c31 = Vector256.MultiplyAddEstimate(b1, a, c31);
                    }
                }
            }

            AddScaled(panel, format, record, rows, 0, c00, c01, sums);
            AddScaled(panel, format, record, rows, second, c10, c11, sums);
            if (rows > 2)
            {
                AddScaled(panel, format, record, rows, third, c20, c21, sums);
            }

            if (rows > 3)
            {
                AddScaled(panel, format, record, rows, fourth, c30, c31, sums);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Start(byte* record, int rows, int row) => Vector256.Create(*(float*)(record + BlockRecordsF32.StartOffset(rows, row)));

    /// <summary>The codes under a mask, times the power of 2 of their place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Number(Vector256<uint> words, Vector256<uint> mask) => Vector256.ConvertToSingle((words & mask).AsInt32());

    /// <summary>Adds a block's scaled sums to those of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddScaled(byte* block, BlockFormat format, byte* record, int rows, int row, Vector256<float> left, Vector256<float> right, float* sums)
    {
        Vector512<float> scale = BlockPanels.LoadScales(block, format);
        float* target = sums + (row * Columns);
        Vector256<float> first = Vector256.MultiplyAddEstimate(left, scale.GetLower(), Vector256.Load(target));
        Vector256<float> last = Vector256.MultiplyAddEstimate(right, scale.GetUpper(), Vector256.Load(target + Half));
        if (format.HasOffsets)
        {
            Vector512<float> offset = BlockPanels.LoadOffsets(block, format);
            Vector256<float> sum = Vector256.Create(*(float*)(record + BlockRecordsF32.SumOffset(rows, row)));
            first = Vector256.MultiplyAddEstimate(offset.GetLower(), sum, first);
            last = Vector256.MultiplyAddEstimate(offset.GetUpper(), sum, last);
        }

        first.Store(target);
        last.Store(target + Half);
    }
}
