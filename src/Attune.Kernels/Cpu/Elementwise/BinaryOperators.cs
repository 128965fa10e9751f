using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>A function of two variables.</summary>
internal interface IBinaryOperator
{
    static abstract V Value<V>(V a, V b)
        where V : struct, IVec<V>;
}

/// <summary>a + b.</summary>
internal readonly struct AddOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => a + b;
}

/// <summary>a - b.</summary>
internal readonly struct SubOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => a - b;
}

/// <summary>a b.</summary>
internal readonly struct MulOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => a * b;
}

/// <summary>a / b.</summary>
internal readonly struct DivOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => a / b;
}

/// <summary>The larger one.</summary>
internal readonly struct MaxOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => V.Max(a, b);
}

/// <summary>The smaller one.</summary>
internal readonly struct MinOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => V.Min(a, b);
}

/// <summary>a == b as 1 or 0.</summary>
internal readonly struct EqualOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => V.Equal(a, b) & V.Create(1f);
}

/// <summary>a &lt; b as 1 or 0.</summary>
internal readonly struct LessOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => V.Less(a, b) & V.Create(1f);
}

/// <summary>a &lt;= b as 1 or 0.</summary>
internal readonly struct LessOrEqualOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Value<V>(V a, V b)
        where V : struct, IVec<V> => V.LessOrEqual(a, b) & V.Create(1f);
}
