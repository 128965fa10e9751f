using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>-x.</summary>
internal readonly struct NegOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => -x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(-1f);
}

/// <summary>|x|; derivative 0 at 0, NaN for NaN.</summary>
internal readonly struct AbsOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        V sign = V.Create(1f) | (x & V.Create(-0f));
        V isNumber = V.Equal(x, x);
        V isZero = V.Equal(x, V.Create(0f));
        return V.Select(isZero, V.Create(0f), V.Select(isNumber, sign, x));
    }
}

/// <summary>sqrt(x).</summary>
internal readonly struct SqrtOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(0.5f) / V.Sqrt(x);
}

/// <summary>1 / sqrt(x).</summary>
internal readonly struct RsqrtOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(1f) / V.Sqrt(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(-0.5f) / (x * V.Sqrt(x));
}

/// <summary>1 / x.</summary>
internal readonly struct ReciprocalOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(1f) / x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(-1f) / (x * x);
}

/// <summary>x^2.</summary>
internal readonly struct SquareOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => x + x;
}

/// <summary>max(x, 0); NaN stays NaN.</summary>
internal readonly struct ReluOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Max(x, V.Create(0f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Less(V.Create(0f), x) & V.Create(1f);
}

/// <summary>x clipped to [-parameter, parameter]; NaN stays NaN.</summary>
internal readonly struct ClipOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Min(V.Max(x, -parameter), parameter);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.LessOrEqual(V.Abs(x), parameter) & V.Create(1f);
}
