using System.Numerics.Tensors;
using Attune.Inference.Samplers;
using Attune.Tensors;

namespace Attune.Inference;

/// <summary>Chooses the next token from logits, in the order of transformers: repetition penalty, temperature, top-k, top-p, min-p, then the draw.</summary>
public sealed class TokenSampler
{
    private readonly List<ILogitsProcessor> _processors = [];
    private readonly bool _greedy;
    private readonly ulong _seed;
    private ulong _drawn;

    /// <summary>Makes a sampler for one sequence.</summary>
    /// <exception cref="GenerationException">A setting is out of its range.</exception>
    public TokenSampler(GenerationOptions options)
    {
        options.Validate();
        _greedy = options.Temperature == 0;
        _seed = (ulong)options.Seed;
        if (options.RepetitionPenalty != 1)
        {
            _processors.Add(new RepetitionPenalty(options.RepetitionPenalty));
        }

        if (!_greedy)
        {
            _processors.Add(new Temperature(options.Temperature));
            _processors.Add(new TopK(options.TopK));
            _processors.Add(new TopP(options.TopP));
            _processors.Add(new MinP(options.MinP));
        }
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
        return _greedy ? best : Draw(logits, logits[best], best);
    }

    private int Draw(ReadOnlySpan<float> logits, float largest, int best)
    {
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        double target = (RandomState.Bits(_seed, _drawn++) >> 11) * (1.0 / (1UL << 53)) * sum;
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
