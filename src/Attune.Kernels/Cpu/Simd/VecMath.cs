using System.Runtime.CompilerServices;

namespace Attune.Kernels.Cpu.Simd;

/// <summary>
/// Elementary functions over vectors, within about two units in the last place. Polynomials are near-minimax fits, made with 40 digits and rounded to single precision.
/// </summary>
internal static class VecMath
{
    /// <summary>log2(e).</summary>
    public const float BinaryLogarithmOfE = 1.44269504f;

    /// <summary>e^x; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : struct, IVec<V>
    {
        // Beyond these bounds the result is 0 or infinity anyway; x second, so that NaN passes.
        x = V.MinFast(V.Create(89f), x);
        x = V.MaxFast(V.Create(-104f), x);
        return ExpBounded(x);
    }

    /// <summary>e^x for x of at most 89, as in a softmax; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpNonPositive<V>(V x)
        where V : struct, IVec<V> => ExpBounded(V.MaxFast(V.Create(-104f), x));

    /// <summary>e^x for x in [-104, 89].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V ExpBounded<V>(V x)
        where V : struct, IVec<V>
    {
        V n = V.Round(x * V.Create(BinaryLogarithmOfE));

        // n ln 2 in two parts: the first has few bits, so that its product with n is exact even without fused multiplication.
        V r = V.Fma(n, V.Create(-0.693359375f), x);
        r = V.Fma(n, V.Create(2.12194440e-4f), r);
        V q = V.Fma(r, V.Create(1.392620383e-3f), V.Create(8.363194764e-3f));
        q = V.Fma(q, r, V.Create(4.166655615e-2f));
        q = V.Fma(q, r, V.Create(1.666657627e-1f));
        q = V.Fma(q, r, V.Create(0.5f));
        return V.Scale(V.Fma(r * r, q, r) + V.Create(1f), n);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : struct, IVec<V> => V.Create(1f) / (V.Create(1f) + Exp(-x));

    /// <summary>1 / (1 + e^-x) and 1 / (1 + e^x), both with a small relative error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sigmoids<V>(V x, out V value, out V complement)
        where V : struct, IVec<V>
    {
        V e = Exp(-V.Abs(x));
        V large = V.Create(1f) / (V.Create(1f) + e);
        V small = e * large;
        V negative = V.Less(x, V.Create(0f));
        value = V.Select(negative, small, large);
        complement = V.Select(negative, large, small);
    }

    /// <summary>Hyperbolic tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : struct, IVec<V>
    {
        V a = V.Abs(x);
        V u = x * x;
        V near = V.Fma(u, V.Create(-6.096714176e-3f), V.Create(2.099717967e-2f));
        near = V.Fma(near, u, V.Create(-5.385090783e-2f));
        near = V.Fma(near, u, V.Create(1.333276927e-1f));
        near = V.Fma(near, u, V.Create(-3.333332837e-1f));
        near = V.Fma(near * u, x, x);
        V far = V.Create(1f) - (V.Create(2f) / (Exp(a + a) + V.Create(1f)));
        V sign = x & V.Create(-0f);
        return V.Select(V.Less(a, V.Create(0.625f)), near, far | sign);
    }

    /// <summary>The distribution function of the normal distribution, with a small relative error in the lower tail, too, and its density.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V NormalCdf<V>(V x, out V density)
        where V : struct, IVec<V>
    {
        // Phi(-a) = e^(-a^2 / 2) t q(t) with t = 1 / (1 + 0.3 a). The square is made exact: its rounding error would be multiplied by its size.
        V a = V.MinFast(V.Create(15f), V.Abs(x));
        V square = a * a;
        V rest = V.Fma(a, a, -square);
        V bell = Exp(square * V.Create(-0.5f));
        bell = V.Fma(bell * V.Create(-0.5f), rest, bell);
        V t = V.Create(1f) / V.Fma(a, V.Create(0.3f), V.Create(1f));
        V q = V.Fma(t, V.Create(-2.096273191e-2f), V.Create(1.142918169e-1f));
        q = V.Fma(q, t, V.Create(-2.325996757e-1f));
        q = V.Fma(q, t, V.Create(1.976425499e-1f));
        q = V.Fma(q, t, V.Create(-8.428207040e-2f));
        q = V.Fma(q, t, V.Create(9.874345362e-2f));
        q = V.Fma(q, t, V.Create(7.750862092e-2f));
        q = V.Fma(q, t, V.Create(1.104199812e-1f));
        q = V.Fma(q, t, V.Create(1.195502952e-1f));
        q = V.Fma(q, t, V.Create(1.196877509e-1f));
        V tail = bell * (q * t);
        density = bell * V.Create(0.39894228f);
        return V.Select(V.Less(x, V.Create(0f)), tail, V.Create(1f) - tail);
    }
}
