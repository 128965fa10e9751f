using System.Numerics.Tensors;

namespace Attune.Inference.Samplers;

/// <summary>Keeps tokens whose probability is at least a share of the largest one (Nguyen et al. 2024).</summary>
public sealed class MinP(double share, int least = 1) : ILogitsProcessor
{
    private readonly Probabilities _probabilities = new();

    /// <inheritdoc/>
    public void Apply(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        if (share > 0)
        {
            // p >= share * largest p, in logarithms.
            _probabilities.RemoveBelow(logits, TensorPrimitives.Max<float>(logits) + Math.Log(share), least);
        }
    }
}
