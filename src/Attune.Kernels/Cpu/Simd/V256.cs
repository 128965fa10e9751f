using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Attune.Kernels.Cpu.Simd;

/// <summary>8 lanes: AVX2.</summary>
internal readonly unsafe struct V256 : IVec<V256>
{
    private readonly Vector256<float> _value;

    private V256(Vector256<float> value) => _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 From(Vector256<float> value) => new(value);

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Create(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, V256 value) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 LoadBF16(ushort* source) => new((Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16(ushort* destination, V256 value)
    {
        Vector256<uint> bits = RoundedBits(value._value) >> 16;
        Vector128.Narrow(bits.GetLower(), bits.GetUpper()).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16Pairs(uint* destination, V256 first, V256 second) =>
        ((RoundedBits(first._value) >> 16) | (RoundedBits(second._value) & Vector256.Create(0xFFFF0000u))).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 RoundToBF16(V256 value) => new((RoundedBits(value._value) & Vector256.Create(0xFFFF0000u)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator +(V256 left, V256 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator -(V256 left, V256 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator -(V256 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator *(V256 left, V256 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator /(V256 left, V256 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator &(V256 left, V256 right) => new(left._value & right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 operator |(V256 left, V256 right) => new(left._value | right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Fma(V256 a, V256 b, V256 c) => new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Max(V256 left, V256 right) => new(Vector256.Max(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Min(V256 left, V256 right) => new(Vector256.Min(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 MaxFast(V256 left, V256 right) => new(Vector256.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 MinFast(V256 left, V256 right) => new(Vector256.MinNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Abs(V256 value) => new(Vector256.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Sqrt(V256 value) => new(Vector256.Sqrt(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Round(V256 value) => new(Vector256.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Scale(V256 x, V256 n)
    {
        // In two factors, because 2^n itself overflows or vanishes near the ends of the range.
        Vector256<int> whole = Vector256.ConvertToInt32(n._value);
        Vector256<int> half = whole >> 1;
        Vector256<float> first = ((half + Vector256.Create(127)) << 23).AsSingle();
        Vector256<float> second = ((whole - half + Vector256.Create(127)) << 23).AsSingle();
        return new(x._value * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Equal(V256 left, V256 right) => new(Vector256.Equals(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Less(V256 left, V256 right) => new(Vector256.LessThan(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 LessOrEqual(V256 left, V256 right) => new(Vector256.LessThanOrEqual(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 Select(V256 mask, V256 yes, V256 no) => new(Vector256.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(V256 mask) => (uint)Vector256.ExtractMostSignificantBits(mask._value);

    public static V256 Log(V256 value) => new(Vector256.Log(value._value));

    public static V256 Sin(V256 value) => new(Vector256.Sin(value._value));

    public static V256 Cos(V256 value) => new(Vector256.Cos(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(V256 value) => Vector256.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* destination, V256 a, V256 b, V256 c, V256 d)
    {
        Vector256<float> halves = Avx.HorizontalAdd(Avx.HorizontalAdd(a._value, b._value), Avx.HorizontalAdd(c._value, d._value));
        (halves.GetLower() + halves.GetUpper()).Store(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDouble(V256 value)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(value._value);
        return Vector256.Sum(lower + upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(V256 value)
    {
        return V128.Largest(V128.From(Vector128.Max(value._value.GetLower(), value._value.GetUpper())));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestFast(V256 value) =>
        V128.LargestFast(V128.From(Vector128.MaxNative(value._value.GetLower(), value._value.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V256 RandomAtLeast(ulong seed, ulong counter, uint threshold)
    {
        Vector256<ulong> key = Vector256.Create(Mix(seed + 0xD1B54A32D192ED03UL));
        Vector256<ulong> first = Vector256.Create(counter + 0x9E3779B97F4A7C15UL) + Vector256<ulong>.Indices;
        Vector256<uint> random = Vector256.Narrow(
            Mix(Mix(first) ^ key) >> 32, Mix(Mix(first + Vector256.Create((ulong)Vector256<ulong>.Count)) ^ key) >> 32);
        return new(Vector256.GreaterThanOrEqual(random, Vector256.Create(threshold)).AsSingle());
    }

    /// <summary>The bits of each lane with the rounding to bf16 added in; the lower halves mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RoundedBits(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> rounded = bits + Vector256.Create(0x7FFFu) + ((bits >> 16) & Vector256<uint>.One);
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, bits | Vector256.Create(0x400000u));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mix(Vector256<ulong> value)
    {
        value = (value ^ (value >> 30)) * Vector256.Create(0xBF58476D1CE4E5B9UL);
        value = (value ^ (value >> 27)) * Vector256.Create(0x94D049BB133111EBUL);
        return value ^ (value >> 31);
    }

    private static ulong Mix(ulong value) => Mix(Vector256.Create(value)).ToScalar();
}
