using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Reductions;

/// <summary>A reduction: lanes are accumulated in single precision over short runs, runs are joined in double precision, so that long sums stay accurate.</summary>
internal interface IReduction
{
    /// <summary>The result of no elements.</summary>
    static abstract double Nothing { get; }

    static abstract V Accumulate<V>(V sum, V x)
        where V : struct, IVec<V>;

    static abstract V Combine<V>(V a, V b)
        where V : struct, IVec<V>;

    static abstract double Across<V>(V sum)
        where V : struct, IVec<V>;

    static abstract double Join(double a, double b);
}

/// <summary>Sum.</summary>
internal readonly struct SumReduction : IReduction
{
    public static double Nothing => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Accumulate<V>(V sum, V x)
        where V : struct, IVec<V> => sum + x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Combine<V>(V a, V b)
        where V : struct, IVec<V> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Across<V>(V sum)
        where V : struct, IVec<V> => V.SumDouble(sum);

    public static double Join(double a, double b) => a + b;
}

/// <summary>Sum of squares.</summary>
internal readonly struct SumOfSquaresReduction : IReduction
{
    public static double Nothing => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Accumulate<V>(V sum, V x)
        where V : struct, IVec<V> => V.Fma(x, x, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Combine<V>(V a, V b)
        where V : struct, IVec<V> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Across<V>(V sum)
        where V : struct, IVec<V> => V.SumDouble(sum);

    public static double Join(double a, double b) => a + b;
}

/// <summary>Largest element; NaN if one is.</summary>
internal readonly struct MaxReduction : IReduction
{
    public static double Nothing => double.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Accumulate<V>(V sum, V x)
        where V : struct, IVec<V> => V.Max(sum, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Combine<V>(V a, V b)
        where V : struct, IVec<V> => V.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Across<V>(V sum)
        where V : struct, IVec<V> => V.Largest(sum);

    public static double Join(double a, double b) => Math.Max(a, b);
}
