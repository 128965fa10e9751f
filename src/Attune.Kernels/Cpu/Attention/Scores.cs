using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>Makes scores of the products of queries and keys: scale, soft cap, ALiBi; and leads gradients back.</summary>
internal readonly struct Scores(float scale, float softcap)
{
    private readonly float _inverseCap = softcap > 0 ? scale / softcap : 0;

    /// <summary>The score before ALiBi, and its derivative with respect to the product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V product, out V slope)
        where V : struct, IVec<V>
    {
        slope = V.Create(scale);
        if (softcap <= 0)
        {
            return product * slope;
        }

        V t = VecMath.Tanh(product * V.Create(_inverseCap));
        slope *= V.Create(1f) - (t * t);
        return t * V.Create(softcap);
    }
}
