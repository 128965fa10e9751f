using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>y = f(x).</summary>
internal readonly struct MapKernel<TOperator>(float parameter) : IElementwiseKernel
    where TOperator : struct, IUnaryOperator
{
    public static int Operands => 2;

    public static int Outputs => 1;

    public bool ReadsOutputs => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        E.Store(p.P1, i, TOperator.Value(E.Load<V>(p.P0, i), V.Create(parameter)));
    }
}

/// <summary>dX (+)= dY f'(x).</summary>
internal readonly struct MapGradientKernel<TOperator>(float parameter, bool accumulate) : IElementwiseKernel
    where TOperator : struct, IUnaryOperator
{
    public static int Operands => 3;

    public static int Outputs => 1;

    public bool ReadsOutputs => accumulate;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        V gradient = E.Load<V>(p.P1, i) * TOperator.Slope(E.Load<V>(p.P0, i), V.Create(parameter));
        E.Store(p.P2, i, accumulate ? E.Load<V>(p.P2, i) + gradient : gradient);
    }
}

/// <summary>y = f(a, b).</summary>
internal readonly struct ZipKernel<TOperator> : IElementwiseKernel
    where TOperator : struct, IBinaryOperator
{
    public static int Operands => 3;

    public static int Outputs => 1;

    public bool ReadsOutputs => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        E.Store(p.P2, i, TOperator.Value(E.Load<V>(p.P0, i), E.Load<V>(p.P1, i)));
    }
}

/// <summary>y = condition ? a : b.</summary>
internal readonly struct SelectKernel : IElementwiseKernel
{
    public static int Operands => 4;

    public static int Outputs => 1;

    public bool ReadsOutputs => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        V no = V.Equal(E.Load<V>(p.P0, i), V.Create(0f));
        E.Store(p.P3, i, V.Select(no, E.Load<V>(p.P2, i), E.Load<V>(p.P1, i)));
    }
}

/// <summary>y = value.</summary>
internal readonly struct FillKernel(float value) : IElementwiseKernel
{
    public static int Operands => 1;

    public static int Outputs => 1;

    public bool ReadsOutputs => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        E.Store(p.P0, i, V.Create(value));
    }
}

/// <summary>y = x in another element type.</summary>
internal readonly struct CopyKernel : IElementwiseKernel
{
    public static int Operands => 2;

    public static int Outputs => 1;

    public bool ReadsOutputs => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        E.Store(p.P1, i, E.Load<V>(p.P0, i));
    }
}

/// <summary>y = alpha x + beta y; the old y is not read when beta is 0.</summary>
internal readonly struct AxpyKernel(float alpha, float beta) : IElementwiseKernel
{
    public static int Operands => 2;

    public static int Outputs => 1;

    public bool ReadsOutputs => beta != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        V x = E.Load<V>(p.P0, i) * V.Create(alpha);
        E.Store(p.P1, i, beta == 0 ? x : V.Fma(E.Load<V>(p.P1, i), V.Create(beta), x));
    }
}

/// <summary>y (+)= x scale where the random number of the element is not below the threshold, else 0.</summary>
internal readonly struct DropoutKernel(float scale, uint threshold, Attune.Tensors.RandomState random, bool accumulate) : IElementwiseKernel
{
    public static int Operands => 2;

    public static int Outputs => 1;

    public bool ReadsOutputs => accumulate;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        V kept = V.RandomAtLeast(random.Seed, random.Counter + (ulong)index, threshold) & (E.Load<V>(p.P0, i) * V.Create(scale));
        E.Store(p.P1, i, accumulate ? E.Load<V>(p.P1, i) + kept : kept);
    }
}
