using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu.Int8;
using Attune.Kernels.Cpu.Simd;
using Attune.Kernels.Jit;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Kernels.Cpu.FewBits;

/// <summary>Rows as int8 in blocks of 32, each with a scale of its own (the scheme of GGUF's Q8_0, with scales in single precision), as <see cref="BlockInt8Layout"/> says.</summary>
/// <param name="Records">First row.</param>
/// <param name="Stride">Bytes from a row to the next.</param>
internal readonly unsafe record struct BlockInt8Rows(nint Records, nint Stride)
{
    private const int Half = 16;

    /// <summary>First byte of a row.</summary>
    public byte* Row(int row) => (byte*)Records + (row * Stride);

    /// <summary>Bytes from a row to the next: an odd number of cache lines spreads the rows of a tile over all sets of the cache.</summary>
    public static nint StrideOf(int blocks) => ((((nint)blocks * BlockInt8Layout.RowBytes) + PanelLayout.StepBytes - 1) & -PanelLayout.StepBytes) | PanelLayout.StepBytes;

    /// <summary>Rounds a row of a matrix whose columns are whole blocks: codes of 127 x / (the largest magnitude of their block), to nearest, ties to even.</summary>
    [SkipLocalsInit]
    [MethodImpl(Compile.Loop)]
    public static void Round(in MatrixView matrix, int row, BlockFormat format, byte* target)
    {
        float* values = stackalloc float[BlockInt8Layout.Codes];
        var plain = new PanelLayout(DType.F32, DType.F32, BlockInt8Layout.Codes);
        bool isReadable = matrix.ColumnStride == 1 && matrix.DType != DType.F16;
        Vector128<byte> order = OrderOf(format.Bits);
        int halfBytes = Half * matrix.DType.SizeInBytes;
        byte* source = matrix.At(row, 0);
        for (int column = 0; column < matrix.Columns; column += BlockInt8Layout.Codes, target += BlockInt8Layout.RowBytes, source += 2 * halfBytes)
        {
            if (isReadable)
            {
                Vector512<float> lower = PackedElements.LoadF32(source, matrix.DType, DType.F32).AsSingle();
                Round(lower, PackedElements.LoadF32(source + halfBytes, matrix.DType, DType.F32).AsSingle(), format, order, target);
            }
            else
            {
                PackedElements.ToStorage(matrix.At(row, column), matrix.DType, matrix.ColumnStride, BlockInt8Layout.Codes, (byte*)values, plain);
                Round(Vector512.Load(values), Vector512.Load(values + Half), format, order, target);
            }
        }
    }

    /// <summary>The order of codes that those of panels have, see <see cref="BlockPanels.ToInt8"/>.</summary>
    private static Vector128<byte> OrderOf(int bits) => bits == 4
        ? Vector128.Create((byte)0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15)
        : Vector128.Create((byte)0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(Vector512<float> lower, Vector512<float> upper, BlockFormat format, Vector128<byte> order, byte* target)
    {
        float largest = Int8Rounding.Largest(Vector512.Max(Int8Rounding.Magnitude(lower), Int8Rounding.Magnitude(upper)));
        float scale = largest / sbyte.MaxValue;
        Vector512<float> factor = Vector512.Create(largest > 0 ? sbyte.MaxValue / largest : 0);
        Vector512<int> lowerCodes = Nearest(lower * factor);
        Vector512<int> upperCodes = Nearest(upper * factor);
        Vector128.ShuffleNative(Narrow(lowerCodes), order).Store(target);
        Vector128.ShuffleNative(Narrow(upperCodes), order).Store(target + Half);
        int sum = Vector512.Sum(lowerCodes + upperCodes);
        *(float*)(target + BlockInt8Layout.RowScale) = scale;
        *(int*)(target + BlockInt8Layout.RowSum) = format.HasOffsets ? BitConverter.SingleToInt32Bits(scale * sum) : -format.Zero * sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Nearest(Vector512<float> values) =>
        Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(values) : Vector512.ConvertToInt32Native(Vector512.Round(values));

    /// <summary>Numbers from -127 to 127 in a byte each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Narrow(Vector512<int> codes)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector128Byte(codes.AsUInt32());
        }

        Vector256<short> words = Vector256.Narrow(codes.GetLower(), codes.GetUpper());
        return Vector128.Narrow(words.GetLower(), words.GetUpper()).AsByte();
    }
}
