using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Kernels.Cpu.Simd;
using Attune.Tensors;

namespace Attune.Kernels.Cpu.Int8;

/// <summary>Rounds numbers to 8-bit codes, block by block; the same bits on all processors.</summary>
internal static unsafe class Int8Rounding
{
    private const int Codes = Int8Blocks.Codes;

    /// <summary>Vectors of a block.</summary>
    private const int Vectors = Codes / 16;

    /// <summary>The largest magnitude of a block; NaN if one of its numbers is.</summary>
    [MethodImpl(Compile.Loop)]
    public static float LargestMagnitude(float* values)
    {
        Vector512<uint> largest = Vector512<uint>.Zero;
        for (int i = 0; i < Codes; i += Vector512<float>.Count)
        {
            largest = Vector512.Max(largest, Magnitude(Vector512.Load(values + i)));
        }

        return Largest(largest);
    }

    /// <summary>
    /// Writes numbers that lie side by side as unsigned codes of 127 x / (the largest magnitude of their block), to nearest, ties to even, and for each block the scale that takes
    /// them back; a last block that is not whole ends with zeros.
    /// </summary>
    /// <typeparam name="E">F32 or BF16.</typeparam>
    /// <param name="values">The numbers.</param>
    /// <param name="count">How many, a multiple of 16.</param>
    /// <param name="columnScales">What they are multiplied by first, or null; in whole blocks.</param>
    /// <param name="codes">Where the codes go, in whole blocks.</param>
    /// <param name="scales">Where the scales go.</param>
    [MethodImpl(Compile.Loop)]
    public static void Quantize<E>(byte* values, int count, float* columnScales, byte* codes, float* scales)
        where E : struct, IElement
    {
        bool isBF16 = typeof(E) == typeof(BF16Element);
        int size = isBF16 ? sizeof(ushort) : sizeof(float);
        int first = 0;
        for (; first <= count - Codes; first += Codes)
        {
            *scales++ = QuantizeBlock(values + ((nint)first * size), Vectors, isBF16, columnScales == null ? null : columnScales + first, codes + first);
        }

        if (first < count)
        {
            int vectors = (count - first) / Vector512<float>.Count;
            *scales = QuantizeBlock(values + ((nint)first * size), vectors, isBF16, columnScales == null ? null : columnScales + first, codes + first);
        }
    }

    /// <summary>Writes a block and returns its scale; between its two passes it stays in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float QuantizeBlock(byte* values, int vectors, bool isBF16, float* scales, byte* codes)
    {
        Vector512<float> v0 = Load(values, 0, vectors, isBF16);
        Vector512<float> v1 = Load(values, 1, vectors, isBF16);
        Vector512<float> v2 = Load(values, 2, vectors, isBF16);
        Vector512<float> v3 = Load(values, 3, vectors, isBF16);
        Vector512<float> v4 = Load(values, 4, vectors, isBF16);
        Vector512<float> v5 = Load(values, 5, vectors, isBF16);
        Vector512<float> v6 = Load(values, 6, vectors, isBF16);
        Vector512<float> v7 = Load(values, 7, vectors, isBF16);
        if (scales != null)
        {
            v0 *= Vector512.Load(scales);
            v1 *= Vector512.Load(scales + 16);
            v2 *= Vector512.Load(scales + 32);
            v3 *= Vector512.Load(scales + 48);
            v4 *= Vector512.Load(scales + 64);
            v5 *= Vector512.Load(scales + 80);
            v6 *= Vector512.Load(scales + 96);
            v7 *= Vector512.Load(scales + 112);
        }

        Vector512<uint> lower = Vector512.Max(Vector512.Max(Magnitude(v0), Magnitude(v1)), Vector512.Max(Magnitude(v2), Magnitude(v3)));
        Vector512<uint> upper = Vector512.Max(Vector512.Max(Magnitude(v4), Magnitude(v5)), Vector512.Max(Magnitude(v6), Magnitude(v7)));
        float largest = Largest(Vector512.Max(lower, upper));
        Vector512<float> factor = Vector512.Create(largest > 0 ? sbyte.MaxValue / largest : 0);
        Code(v0 * factor, v1 * factor, v2 * factor, v3 * factor).Store(codes);
        Code(v4 * factor, v5 * factor, v6 * factor, v7 * factor).Store(codes + Vector512<byte>.Count);
        return largest / sbyte.MaxValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(byte* values, int vector, int vectors, bool isBF16)
    {
        if (vector >= vectors)
        {
            return Vector512<float>.Zero;
        }

        byte* place = values + (vector * Vector512<float>.Count * (isBF16 ? sizeof(ushort) : sizeof(float)));
        return PackedElements.LoadF32(place, isBF16 ? DType.BF16 : DType.F32, DType.F32).AsSingle();
    }

    /// <summary>Unsigned codes of 64 numbers; 0 for what is infinite times 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Code(Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, Vector512<float> v3)
    {
        if (!Avx512BW.IsSupported)
        {
            return Vector512.Narrow(Vector512.Narrow(Code(v0), Code(v1)), Vector512.Narrow(Code(v2), Code(v3))).AsByte();
        }

        // Packing leaves 4 codes of each vector in every 16 bytes.
        Vector512<short> lower = Avx512BW.PackUnsignedSaturate(Code(v0), Code(v1)).AsInt16();
        Vector512<short> upper = Avx512BW.PackUnsignedSaturate(Code(v2), Code(v3)).AsInt16();
        Vector512<int> order = Vector512.Create(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        return Avx512F.PermuteVar16x32(Avx512BW.PackUnsignedSaturate(lower, upper).AsInt32(), order).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Code(Vector512<float> values) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector512Int32(values) + Vector512.Create(Int8Blocks.Zero)
        : Vector512.Max(Vector512.ConvertToInt32Native(Vector512.Round(values)) + Vector512.Create(Int8Blocks.Zero), Vector512<int>.Zero);

    /// <summary>Bits of magnitudes: they compare as the numbers do, and those of NaN are the largest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Magnitude(Vector512<float> values) => values.AsUInt32() & Vector512.Create(int.MaxValue).AsUInt32();

    /// <summary>The largest of magnitudes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<uint> magnitudes)
    {
        Vector256<uint> half = Vector256.Max(magnitudes.GetLower(), magnitudes.GetUpper());
        Vector128<uint> quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        quarter = Vector128.Max(quarter, Vector128.Shuffle(quarter, Vector128.Create(2u, 3, 0, 1)));
        return BitConverter.UInt32BitsToSingle(Math.Max(quarter[0], quarter[1]));
    }
}
