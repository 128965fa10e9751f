using System.Runtime.CompilerServices;
using Attune.Kernels.Cpu.Simd;

namespace Attune.Kernels.Cpu.Attention;

/// <summary>Makes scores of the products of queries and keys: scale, soft cap, ALiBi; and leads gradients back.</summary>
internal readonly struct Scores(in AttentionProblem problem)
{
    private readonly float _softcap = problem.Softcap;
    private readonly float _inverseCap = problem.Softcap > 0 ? problem.Scale / problem.Softcap : 0;

    public float Scale { get; } = problem.Scale;

    /// <summary>Whether scores are more than scaled products.</summary>
    public bool IsBent { get; } = problem.IsBent;

    /// <summary>The score before ALiBi.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Of<V>(V product)
        where V : struct, IVec<V> => _softcap <= 0 ? product * V.Create(Scale) : VecMath.Tanh(product * V.Create(_inverseCap)) * V.Create(_softcap);

    /// <summary>
    /// A bent score less the largest of its row, rounded where the forward pass rounds, so that a row of weights is the one that its sum was made of; and the derivative of the
    /// score with respect to the product.
    /// </summary>
    /// <param name="product">Of query and key.</param>
    /// <param name="slope">ALiBi slope of the head.</param>
    /// <param name="distance">Position of the key less that of the query.</param>
    /// <param name="shift">The largest score, negated.</param>
    /// <param name="derivative">What a gradient is multiplied by.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Exponent<V>(V product, V slope, V distance, V shift, out V derivative)
        where V : struct, IVec<V>
    {
        derivative = V.Create(Scale);
        V score = product * derivative;
        if (_softcap > 0)
        {
            V t = VecMath.Tanh(product * V.Create(_inverseCap));
            derivative *= V.Create(1f) - (t * t);
            score = t * V.Create(_softcap);
        }

        return score + (slope * distance) + shift;
    }
}
