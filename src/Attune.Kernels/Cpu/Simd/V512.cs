using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Kernels.Cpu.Simd;

/// <summary>16 lanes: AVX-512.</summary>
internal readonly unsafe struct V512 : IVec<V512>
{
    private readonly Vector512<float> _value;

    private V512(Vector512<float> value) => _value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, V512 value) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 LoadBF16(ushort* source) => new((Avx512F.ConvertToVector512UInt32(Vector256.Load(source)) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16(ushort* destination, V512 value)
    {
        Vector512<uint> bits = RoundedBits(value._value) >> 16;
        Avx512F.ConvertToVector256UInt16(bits).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16Pairs(uint* destination, V512 first, V512 second) =>
        ((RoundedBits(first._value) >> 16) | (RoundedBits(second._value) & Vector512.Create(0xFFFF0000u))).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 RoundToBF16(V512 value) => new((RoundedBits(value._value) & Vector512.Create(0xFFFF0000u)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator +(V512 left, V512 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator -(V512 left, V512 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator -(V512 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator *(V512 left, V512 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator /(V512 left, V512 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator &(V512 left, V512 right) => new(left._value & right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 operator |(V512 left, V512 right) => new(left._value | right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Fma(V512 a, V512 b, V512 c) => new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Max(V512 left, V512 right) => new(Vector512.Max(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Min(V512 left, V512 right) => new(Vector512.Min(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 MaxFast(V512 left, V512 right) => new(Vector512.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 MinFast(V512 left, V512 right) => new(Vector512.MinNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Abs(V512 value) => new(Vector512.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Sqrt(V512 value) => new(Vector512.Sqrt(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Round(V512 value) => new(Vector512.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Scale(V512 x, V512 n)
    {
        return new(Avx512F.Scale(x._value, n._value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Equal(V512 left, V512 right) => new(Vector512.Equals(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Less(V512 left, V512 right) => new(Vector512.LessThan(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 LessOrEqual(V512 left, V512 right) => new(Vector512.LessThanOrEqual(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 Select(V512 mask, V512 yes, V512 no) => new(Vector512.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(V512 mask) => (uint)Vector512.ExtractMostSignificantBits(mask._value);

    public static V512 Log(V512 value) => new(Vector512.Log(value._value));

    public static V512 Sin(V512 value) => new(Vector512.Sin(value._value));

    public static V512 Cos(V512 value) => new(Vector512.Cos(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(V512 value) => Vector512.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* destination, V512 a, V512 b, V512 c, V512 d) => V256.StoreSums(destination, Folded(a), Folded(b), Folded(c), Folded(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDouble(V512 value)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(value._value);
        return Vector512.Sum(lower + upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(V512 value)
    {
        return V256.Largest(V256.From(Vector256.Max(value._value.GetLower(), value._value.GetUpper())));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestFast(V512 value) =>
        V256.LargestFast(V256.From(Vector256.MaxNative(value._value.GetLower(), value._value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V512 RandomAtLeast(ulong seed, ulong counter, uint threshold)
    {
        Vector512<ulong> key = Vector512.Create(Mix(seed + 0xD1B54A32D192ED03UL));
        Vector512<ulong> first = Vector512.Create(counter + 0x9E3779B97F4A7C15UL) + Vector512<ulong>.Indices;
        Vector512<uint> random = Vector512.Narrow(
            Mix(Mix(first) ^ key) >> 32, Mix(Mix(first + Vector512.Create((ulong)Vector512<ulong>.Count)) ^ key) >> 32);
        return new(Vector512.GreaterThanOrEqual(random, Vector512.Create(threshold)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V256 Folded(V512 value) => V256.From(value._value.GetLower() + value._value.GetUpper());

    /// <summary>The bits of each lane with the rounding to bf16 added in; the lower halves mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundedBits(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), rounded, bits | Vector512.Create(0x400000u));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Mix(Vector512<ulong> value)
    {
        value = (value ^ (value >> 30)) * Vector512.Create(0xBF58476D1CE4E5B9UL);
        value = (value ^ (value >> 27)) * Vector512.Create(0x94D049BB133111EBUL);
        return value ^ (value >> 31);
    }

    private static ulong Mix(ulong value) => Mix(Vector512.Create(value)).ToScalar();
}
