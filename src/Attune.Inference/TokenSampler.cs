using System.Numerics.Tensors;
using Attune.Inference.Samplers;

namespace Attune.Inference;

/// <summary>Chooses the next token from logits: the processors of <see cref="KnownLogitsProcessors"/> in their order, then the likeliest token or a draw.</summary>
public sealed class TokenSampler
{
    private readonly IReadOnlyList<ILogitsProcessor> _processors;
    private readonly bool _isSampling;
    private readonly ulong _seed;
    private ulong _drawn;

    /// <summary>Makes a sampler for one text.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="prompt">What the text continues; null for nothing.</param>
    /// <exception cref="GenerationException">A setting is out of its range.</exception>
    public TokenSampler(GenerationOptions options, PromptContext? prompt = null)
    {
        options.Validate();
        _isSampling = options.IsSampling;
        _seed = (ulong)options.Seed;
        _processors = KnownLogitsProcessors.For(options, prompt ?? new PromptContext(0, options.NewTokensBehind(0), []));
    }

    /// <summary>The next token's id; the logits are changed.</summary>
    /// <param name="logits">[V].</param>
    /// <param name="tokens">The ids of the prompt and of what was generated.</param>
    public int Next(Span<float> logits, ReadOnlySpan<int> tokens)
    {
        foreach (ILogitsProcessor processor in _processors)
        {
            processor.Apply(logits, tokens);
        }

        // Of equal ones the first, as everywhere; without a number among them (NaN only) the first, too.
        int best = Math.Max(0, TensorPrimitives.IndexOfMax<float>(logits));
        return _isSampling ? Draw(logits, logits[best], best) : best;
    }

    private int Draw(ReadOnlySpan<float> logits, float largest, int best)
    {
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        double target = RandomShare.Next(_seed, _drawn++) * sum;
        for (int i = 0; i < logits.Length; i++)
        {
            target -= Math.Exp(logits[i] - largest);
            if (target < 0)
            {
                return i;
            }
        }

        return best;
    }
}
