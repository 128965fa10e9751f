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

            var plan = new GradientPlan(problem, Pool.Threads);
            plan.Make(fills: false);
            var shared = new ScratchLayout(null);
            plan.Place(ref shared);
            shared = new ScratchLayout(Shared(shared.Bytes + plan.Bytes));
            plan.Place(ref shared);
            byte* memory = shared.Take(plan.Bytes);
            plan.Make(fills: true);
            var pack = new AttentionQueryPackJob<V>(Pool, problem, y, statistics, upstream);
            var keys = new AttentionKeyGradientJob<V>(Pool, problem, dK, accumulateK || !once, dV, accumulateV || !once);
            var queries = new AttentionQueryGradientJob<V>(Pool, problem, dQ, accumulateQ);
            for (int i = 0; i < plan.Count; i++)
            {
                pack.Run(plan, plan.Chunks[i], memory);
                keys.Run(plan, plan.Chunks[i], memory, shared: !once);
                queries.Run(plan, plan.Chunks[i], memory);
            }
        }

        return true;
    }
}
