using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Converts stored floating-point elements (little-endian bytes) to single precision and back, rounding to nearest even.</summary>
public static class FloatConversion
{
    private const uint ExponentMask = 0x7F80_0000;

    /// <summary>Whether elements of a type can be converted: F16, BF16, F32, F64.</summary>
    public static bool CanConvert(DType dtype) => dtype is DType.F16 or DType.BF16 or DType.F32 or DType.F64;

    /// <summary>Converts elements of type <paramref name="dtype"/> to single precision.</summary>
    /// <exception cref="ArgumentException">The type cannot be converted, or the lengths do not fit.</exception>
    public static void ToFloat32(DType dtype, ReadOnlySpan<byte> source, Span<float> destination)
    {
        RequireFit(dtype, source.Length, destination.Length);
        switch (dtype)
        {
            case DType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case DType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case DType.BF16:
                FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            default:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
        }
    }

    /// <summary>Converts single-precision numbers to elements of type <paramref name="dtype"/>; what is too large becomes infinite, NaN stays NaN.</summary>
    /// <exception cref="ArgumentException">The type cannot be converted, or the lengths do not fit.</exception>
    public static void FromFloat32(DType dtype, ReadOnlySpan<float> source, Span<byte> destination)
    {
        RequireFit(dtype, destination.Length, source.Length);
        switch (dtype)
        {
            case DType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case DType.F16:
                TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case DType.BF16:
                ToBFloat16(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
                break;
        }
    }

    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Span<uint> bits = MemoryMarshal.Cast<float, uint>(destination);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            Vector.ShiftLeft(low, 16).CopyTo(bits[i..]);
            Vector.ShiftLeft(high, 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }

        for (; i < source.Length; i++)
        {
            bits[i] = (uint)source[i] << 16;
        }
    }

    private static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(source);
        int i = 0;
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector<uint> low = RoundToUpperHalf(new Vector<uint>(bits[i..]));
            Vector<uint> high = RoundToUpperHalf(new Vector<uint>(bits[(i + Vector<uint>.Count)..]));
            Vector.Narrow(low, high).CopyTo(destination[i..]);
        }

        for (; i < source.Length; i++)
        {
            uint value = bits[i];
            destination[i] = (value & ~0x8000_0000) > ExponentMask
                ? (ushort)((value >> 16) | 0x40)
                : (ushort)((value + 0x7FFF + ((value >> 16) & 1)) >> 16);
        }
    }

    // Adding a little less than half a unit, and the last bit kept, rounds ties to even; a NaN is made quiet instead, because the sum could turn it into an infinity.
    private static Vector<uint> RoundToUpperHalf(Vector<uint> value)
    {
        Vector<uint> upper = Vector.ShiftRightLogical(value, 16);
        Vector<uint> rounded = Vector.ShiftRightLogical(value + new Vector<uint>(0x7FFF) + (upper & Vector<uint>.One), 16);
        Vector<uint> isNaN = Vector.GreaterThan(value & new Vector<uint>(0x7FFF_FFFF), new Vector<uint>(ExponentMask));
        return Vector.ConditionalSelect(isNaN, upper | new Vector<uint>(0x40), rounded);
    }

    private static void RequireFit(DType dtype, int bytes, int elements)
    {
        if (!CanConvert(dtype))
        {
            throw new ArgumentException($"elements of type {dtype.SafetensorsName} cannot be converted to or from single precision; F16, BF16, F32 and F64 can");
        }

        if (bytes != (long)elements * dtype.SizeInBytes)
        {
            throw new ArgumentException($"{elements} elements of type {dtype.SafetensorsName} take {(long)elements * dtype.SizeInBytes} bytes, found {bytes}");
        }
    }
}
