using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>x sigmoid(x).</summary>
internal readonly struct SiluOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => x / (V.Create(1f) + VecMath.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        VecMath.Sigmoids(x, out V s, out V complement);
        return s * V.Fma(x, complement, V.Create(1f));
    }
}

/// <summary>x Phi(x).</summary>
internal readonly struct GeluOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => x * VecMath.NormalCdf(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        V cdf = VecMath.NormalCdf(x, out V density);
        return V.Fma(x, density, cdf);
    }
}

/// <summary>0.5 x (1 + tanh(u)) = x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3), which does not cancel for negative x.</summary>
internal readonly struct GeluTanhOperator : IUnaryOperator
{
    private const float Factor = 0.7978845608f; // sqrt(2 / pi)
    private const float Cubic = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => x * VecMath.Sigmoid(Twice(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        VecMath.Sigmoids(Twice(x), out V s, out V complement);
        V inner = V.Fma(x * x, V.Create(3 * Cubic), V.Create(1f)) * V.Create(2 * Factor);
        return s * V.Fma(x * inner, complement, V.Create(1f));
    }

    /// <summary>2 u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Twice<V>(V x)
        where V : struct, IVec<V> => x * V.Create(2 * Factor) * V.Fma(x * x, V.Create(Cubic), V.Create(1f));
}

/// <summary>x sigmoid(1.702 x).</summary>
internal readonly struct QuickGeluOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V x, V parameter)
        where V : struct, IVec<V> => x * VecMath.Sigmoid(x * V.Create(1.702f));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V>(V x, V parameter)
        where V : struct, IVec<V>
    {
        V scaled = x * V.Create(1.702f);
        VecMath.Sigmoids(scaled, out V s, out V complement);
        return s * V.Fma(scaled, complement, V.Create(1f));
    }
}
