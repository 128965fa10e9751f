using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Elementwise;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Rows;

/// <summary>a b.</summary>
internal readonly unsafe struct ProductTerm : IRowTerm
{
    public static int Operands => 2;

    public static int Outputs => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Term<V>(in Pointers p, nint i)
        where V : struct, IVec<V> => F32Element.Load<V>(p.P0, i) * F32Element.Load<V>(p.P1, i);
}
