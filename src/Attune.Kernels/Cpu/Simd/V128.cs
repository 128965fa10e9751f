using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Attune.Kernels.Cpu.Simd;

/// <summary>4 lanes: any processor; SSE or NEON where there is one.</summary>
internal readonly unsafe struct V128 : IVec<V128>
{
    private readonly Vector128<float> _value;

    private V128(Vector128<float> value) => _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 From(Vector128<float> value) => new(value);

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Create(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, V128 value) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 LoadBF16(ushort* source) => new((Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16()) << 16).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16(ushort* destination, V128 value)
    {
        Vector128<uint> bits = RoundedBits(value._value) >> 16;
        *(ulong*)destination = Vector128.Narrow(bits, bits).AsUInt64().ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBF16Pairs(uint* destination, V128 first, V128 second) =>
        ((RoundedBits(first._value) >> 16) | (RoundedBits(second._value) & Vector128.Create(0xFFFF0000u))).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 RoundToBF16(V128 value) => new((RoundedBits(value._value) & Vector128.Create(0xFFFF0000u)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator +(V128 left, V128 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator -(V128 left, V128 right) => new(left._value - right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator -(V128 value) => new(-value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator *(V128 left, V128 right) => new(left._value * right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator /(V128 left, V128 right) => new(left._value / right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator &(V128 left, V128 right) => new(left._value & right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 operator |(V128 left, V128 right) => new(left._value | right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Fma(V128 a, V128 b, V128 c) => new(Vector128.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Max(V128 left, V128 right) => new(Vector128.Max(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Min(V128 left, V128 right) => new(Vector128.Min(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 MaxFast(V128 left, V128 right) => new(Vector128.MaxNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 MinFast(V128 left, V128 right) => new(Vector128.MinNative(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Abs(V128 value) => new(Vector128.Abs(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Sqrt(V128 value) => new(Vector128.Sqrt(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Round(V128 value) => new(Vector128.Round(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Scale(V128 x, V128 n)
    {
        // In two factors, because 2^n itself overflows or vanishes near the ends of the range.
        Vector128<int> whole = Vector128.ConvertToInt32(n._value);
        Vector128<int> half = whole >> 1;
        Vector128<float> first = ((half + Vector128.Create(127)) << 23).AsSingle();
        Vector128<float> second = ((whole - half + Vector128.Create(127)) << 23).AsSingle();
        return new(x._value * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Equal(V128 left, V128 right) => new(Vector128.Equals(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Less(V128 left, V128 right) => new(Vector128.LessThan(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 LessOrEqual(V128 left, V128 right) => new(Vector128.LessThanOrEqual(left._value, right._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 Select(V128 mask, V128 yes, V128 no) => new(Vector128.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(V128 mask) => (uint)Vector128.ExtractMostSignificantBits(mask._value);

    public static V128 Log(V128 value) => new(Vector128.Log(value._value));

    public static V128 Sin(V128 value) => new(Vector128.Sin(value._value));

    public static V128 Cos(V128 value) => new(Vector128.Cos(value._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(V128 value) => Vector128.Sum(value._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSums(float* destination, V128 a, V128 b, V128 c, V128 d) => Vector128.Create(Sum(a), Sum(b), Sum(c), Sum(d)).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDouble(V128 value)
    {
        (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(value._value);
        return Vector128.Sum(lower + upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(V128 value)
    {
        Vector128<float> pairs = Vector128.Max(value._value, Vector128.Shuffle(value._value, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestFast(V128 value)
    {
        Vector128<float> pairs = Vector128.MaxNative(value._value, Vector128.Shuffle(value._value, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V128 RandomAtLeast(ulong seed, ulong counter, uint threshold)
    {
        Vector128<ulong> key = Vector128.Create(Mix(seed + 0xD1B54A32D192ED03UL));
        Vector128<ulong> first = Vector128.Create(counter + 0x9E3779B97F4A7C15UL) + Vector128<ulong>.Indices;
        Vector128<uint> random = Vector128.Narrow(
            Mix(Mix(first) ^ key) >> 32, Mix(Mix(first + Vector128.Create((ulong)Vector128<ulong>.Count)) ^ key) >> 32);
        return new(Vector128.GreaterThanOrEqual(random, Vector128.Create(threshold)).AsSingle());
    }

    /// <summary>The bits of each lane with the rounding to bf16 added in; the lower halves mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundedBits(Vector128<float> value)
    {
        Vector128<uint> bits = value.AsUInt32();
        Vector128<uint> rounded = bits + Vector128.Create(0x7FFFu) + ((bits >> 16) & Vector128<uint>.One);
        return Vector128.ConditionalSelect(Vector128.Equals(value, value).AsUInt32(), rounded, bits | Vector128.Create(0x400000u));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Mix(Vector128<ulong> value)
    {
        value = (value ^ (value >> 30)) * Vector128.Create(0xBF58476D1CE4E5B9UL);
        value = (value ^ (value >> 27)) * Vector128.Create(0x94D049BB133111EBUL);
        return value ^ (value >> 31);
    }

    private static ulong Mix(ulong value) => Mix(Vector128.Create(value)).ToScalar();
}
