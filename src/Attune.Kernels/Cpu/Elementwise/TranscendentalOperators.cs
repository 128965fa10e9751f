using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>e^x.</summary>
internal readonly struct ExpOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => VecMath.Exp(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => VecMath.Exp(x);
}

/// <summary>Natural logarithm.</summary>
internal readonly struct LogOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Log(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Create(1f) / x;
}

/// <summary>Sine.</summary>
internal readonly struct SinOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Sin(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Cos(x);
}

/// <summary>Cosine.</summary>
internal readonly struct CosOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => V.Cos(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => -V.Sin(x);
}

/// <summary>Hyperbolic tangent.</summary>
internal readonly struct TanhOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => VecMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        // 1 - tanh^2 without cancellation.
        V a = V.Abs(x);
        VecMath.Sigmoids(a + a, out V s, out V complement);
        return V.Create(4f) * s * complement;
    }
}

/// <summary>1 / (1 + e^-x).</summary>
internal readonly struct SigmoidOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => VecMath.Sigmoid(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        VecMath.Sigmoids(x, out V s, out V complement);
        return s * complement;
    }
}

/// <summary>log(1 + e^x).</summary>
internal readonly struct SoftplusOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        // log(1 + e) = log(w) e / (w - 1) with w the rounded 1 + e: the rounding errors cancel (Kahan).
        V e = VecMath.Exp(-V.Abs(x));
        V w = V.Create(1f) + e;
        V logarithm = V.Select(V.Equal(w, V.Create(1f)), e, V.Log(w) * e / (w - V.Create(1f)));
        return V.Max(x, V.Create(0f)) + logarithm;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V> => VecMath.Sigmoid(x);
}
