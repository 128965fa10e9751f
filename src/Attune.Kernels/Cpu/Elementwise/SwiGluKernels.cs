using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Elementwise;

/// <summary>y = silu(gate) up.</summary>
internal readonly struct SwiGluKernel : IElementwiseKernel
{
    public static int Operands => 3;

    public static int Outputs => 1;

    public bool ReadsOutputs => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        E.Store(p.P2, i, SiluOperator.Value(E.Load<V>(p.P0, i), default) * E.Load<V>(p.P1, i));
    }
}

/// <summary>dGate (+)= dY up silu'(gate) and dUp (+)= dY silu(gate).</summary>
internal readonly struct SwiGluGradientKernel(bool accumulateGate, bool accumulateUp) : IElementwiseKernel
{
    public static int Operands => 5;

    public static int Outputs => 2;

    public bool ReadsOutputs => accumulateGate || accumulateUp;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Step<V, E>(in Pointers p, nint i, long index)
        where V : struct, IVec<V>
        where E : struct, IElement
    {
        V gate = E.Load<V>(p.P0, i);
        V dY = E.Load<V>(p.P2, i);
        VecMath.Sigmoids(gate, out V s, out V complement);
        V dGate = dY * E.Load<V>(p.P1, i) * s * V.Fma(gate, complement, V.Create(1f));
        V dUp = dY * gate * s;
        E.Store(p.P3, i, accumulateGate ? E.Load<V>(p.P3, i) + dGate : dGate);
        E.Store(p.P4, i, accumulateUp ? E.Load<V>(p.P4, i) + dUp : dUp);
    }
}
