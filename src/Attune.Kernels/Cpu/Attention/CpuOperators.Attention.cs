using Attune.Kernels.Cpu.Attention;
using Attune.Tensors;

namespace Attune.Kernels.Cpu;

internal abstract partial class CpuOperators
{
    public abstract bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics);

    public abstract bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV);
}

internal sealed unsafe partial class CpuOperators<V>
{
    public override bool TryAttention(Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics)
    {
        if (!AttentionProblem.TryCreate(Kernels, q, k, v, layout, options, out AttentionProblem problem))
        {
            return false;
        }

        lock (Pool.Runs)
        {
            if (AttentionDecodeJob<V>.Fits(problem))
            {
                new AttentionDecodeJob<V>(Pool, problem, y, statistics).Run(this);
            }
            else
            {
                new AttentionForwardJob<V>(Pool, problem, y, statistics).Run(this);
            }
        }

        return true;
    }

    public override bool TryAttentionGradient(
        Tensor q, Tensor k, Tensor v, in AttentionLayout layout, in AttentionOptions options, Tensor y, Tensor statistics, Tensor upstream,
        Tensor dQ, bool accumulateQ, Tensor dK, bool accumulateK, Tensor dV, bool accumulateV)
    {
        if (!AttentionProblem.TryCreate(Kernels, q, k, v, layout, options, out AttentionProblem problem))
        {
            return false;
        }

        lock (Pool.Runs)
        {
            // Keys of no sequence have no block that writes their gradients, those of several sequences have more than one.
            bool once = problem.SeesEveryKeyOnce(k.Shape[0]);
            if (!once && !accumulateK)
            {
                Fill(dK, 0);
            }

            if (!once && !accumulateV)
            {
                Fill(dV, 0);
            }

            var queries = new AttentionQueryGradientJob<V>(Pool, problem, statistics, upstream, dQ, accumulateQ);
            var keys = new AttentionKeyGradientJob<V>(Pool, problem, statistics, upstream, dK, accumulateK || !once, dV, accumulateV || !once);
            var shared = new ScratchLayout(null);
            shared.TakeFloats(statistics.Count / 2);
            queries.Place(ref shared, counts: true);
            keys.Place(ref shared);
            shared = new ScratchLayout(Shared(shared.Bytes));
            float* delta = shared.TakeFloats(statistics.Count / 2);
            queries.Place(ref shared, counts: false);
            keys.Place(ref shared);
            AttentionDeltaJob<V>.Run(Pool, y, upstream, delta);
            queries.Run(delta);
            keys.Run(delta, shared: !once);
        }

        return true;
    }
}
