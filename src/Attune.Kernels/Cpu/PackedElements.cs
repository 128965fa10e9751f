using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

/// <summary>Conversions of runs of elements between types, 16 at a time where they lie side by side.</summary>
internal static unsafe class PackedElements
{
    private const int Width = 16;

    /// <summary>Converts <paramref name="count"/> elements to the storage type of a layout, rounded to its precision.</summary>
    public static void ToStorage(byte* source, DType sourceType, long sourceStride, int count, byte* target, PanelLayout layout)
    {
        if (sourceStride == 1 && sourceType == layout.Storage && layout.Precision == layout.Storage)
        {
            long bytes = (long)count * sourceType.SizeInBytes;
            Buffer.MemoryCopy(source, target, bytes, bytes);
            return;
        }

        int i = 0;
        if (sourceStride == 1 && sourceType != DType.F16)
        {
            int size = sourceType.SizeInBytes;
            for (; i <= count - Width; i += Width)
            {
                if (layout.Storage == DType.BF16)
                {
                    Narrow(LoadBF16(source + ((long)i * size), sourceType)).Store((ushort*)target + i);
                }
                else
                {
                    LoadF32(source + ((long)i * size), sourceType, layout.Precision).Store((uint*)target + i);
                }
            }
        }

        for (; i < count; i++)
        {
            float value = Read(source, sourceType, i * sourceStride);
            Write(target, layout.Storage, i, layout.Precision == DType.BF16 ? BFloat16.ToSingle(BFloat16.FromSingle(value)) : value);
        }
    }

    /// <summary>Converts elements that lie side by side in F32 or BF16 to another type.</summary>
    public static void FromStorage(byte* source, DType storage, int count, byte* target, DType targetType, long targetStride)
    {
        int i = 0;
        if (targetStride == 1 && targetType != DType.F16)
        {
            int size = storage.SizeInBytes;
            for (; i <= count - Width; i += Width)
            {
                if (targetType == DType.BF16)
                {
                    Narrow(LoadBF16(source + ((long)i * size), storage)).Store((ushort*)target + i);
                }
                else
                {
                    LoadF32(source + ((long)i * size), storage, DType.F32).Store((uint*)target + i);
                }
            }
        }

        for (; i < count; i++)
        {
            Write(target, targetType, i * targetStride, Read(source, storage, i));
        }
    }

    /// <summary>The bits of 16 numbers of F32 or BF16 as fp32, rounded to a precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> LoadF32(byte* source, DType sourceType, DType precision)
    {
        if (sourceType == DType.BF16)
        {
            return Widen(source) << 16;
        }

        Vector512<uint> bits = Vector512.Load((uint*)source);
        return precision == DType.BF16 ? Round(bits) << 16 : bits;
    }

    /// <summary>The bits of 16 numbers of F32 or BF16 as bf16 in the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> LoadBF16(byte* source, DType sourceType) =>
        sourceType == DType.BF16 ? Widen(source) : Round(Vector512.Load((uint*)source));

    /// <summary>Reads one element.</summary>
    public static float Read(byte* source, DType type, long index) => type switch
    {
        DType.F32 => ((float*)source)[index],
        DType.BF16 => BFloat16.ToSingle(((ushort*)source)[index]),
        _ => (float)((Half*)source)[index],
    };

    /// <summary>Writes one element, rounded to nearest, ties to even.</summary>
    public static void Write(byte* target, DType type, long index, float value)
    {
        switch (type)
        {
            case DType.F32:
                ((float*)target)[index] = value;
                break;
            case DType.BF16:
                ((ushort*)target)[index] = BFloat16.FromSingle(value);
                break;
            default:
                ((Half*)target)[index] = (Half)value;
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(byte* source)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)source));
        }

        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load((ushort*)source));
        return Vector512.Create(lower, upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Narrow(Vector512<uint> bits) =>
        Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(bits) : Vector256.Narrow(bits.GetLower(), bits.GetUpper());

    /// <summary>bf16 bits of fp32 bits, as <see cref="BFloat16.FromSingle"/> rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<uint> bits)
    {
        Vector512<uint> kept = bits >>> 16;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + (kept & Vector512<uint>.One)) >>> 16;
        Vector512<float> values = bits.AsSingle();
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, kept | Vector512.Create(0x40u));
    }
}
