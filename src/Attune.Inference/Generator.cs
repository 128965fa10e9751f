using Attune.Models;
using Attune.Text;

namespace Attune.Inference;

/// <summary>Generates text, token by token, with a cache of keys and values.</summary>
public sealed class Generator
{
    private readonly CausalLmModel _model;
    private readonly Tokenizer _tokenizer;

    /// <summary>Makes a generator over a loaded model.</summary>
    public Generator(CausalLmModel model, Tokenizer tokenizer)
    {
        _model = model;
        _tokenizer = tokenizer;
    }

    /// <summary>Continues a prompt.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How tokens are chosen and when generation ends.</param>
    /// <param name="onText">Is given the text as it comes, whole characters only; null for nobody.</param>
    /// <param name="cancellation">Ends the generation early; what there is is returned.</param>
    /// <exception cref="GenerationException">A setting is out of its range, or the prompt is empty or too long.</exception>
    public GenerationResult Generate(IReadOnlyList<int> prompt, GenerationOptions options, Action<string>? onText = null, CancellationToken cancellation = default) =>
        Run([prompt], options, streams: 1, onText, onResult: null, cancellation)[0];

    /// <summary>Continues prompts, some of them together: a step reads the weights once for all, so eight streams take little longer than one. Each text is the one that its prompt has alone.</summary>
    /// <param name="prompts">Token ids, at least one of each.</param>
    /// <param name="options">How tokens are chosen and when a text ends; each prompt draws from the seed anew.</param>
    /// <param name="streams">Most prompts at a time, 1 or more; each has room for the longest text in the cache. Where one ends, the next prompt takes its place.</param>
    /// <param name="onResult">Is given the index of each prompt and its result as soon as it is there; null for nobody.</param>
    /// <param name="cancellation">Ends the generation early; what there is is returned, for prompts that were not begun an empty text.</param>
    /// <exception cref="GenerationException">A setting is out of its range, or a prompt is empty or too long.</exception>
    public IReadOnlyList<GenerationResult> Generate(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, int streams, Action<int, GenerationResult>? onResult = null, CancellationToken cancellation = default)
    {
        if (streams < 1)
        {
            throw new GenerationException($"streams: expected 1 or more, found {streams}");
        }

        return Run(prompts, options, streams, onText: null, onResult, cancellation);
    }

    private GenerationResult[] Run(
        IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, int streams, Action<string>? onText, Action<int, GenerationResult>? onResult, CancellationToken cancellation)
    {
        options.Validate();
        int[] limits = [.. prompts.Select(prompt => Limit(prompt, options))];
        var results = new GenerationResult[prompts.Count];
        if (prompts.Count == 0)
        {
            return results;
        }

        using var batch = new GenerationBatch(_model, _tokenizer, prompts, limits, options, Math.Min(streams, prompts.Count), cancellation)
        {
            OnText = onText,
            OnResult = (index, result) =>
            {
                results[index] = result;
                onResult?.Invoke(index, result);
            },
        };
        batch.Run();
        return results;
    }

    private int Limit(IReadOnlyList<int> prompt, GenerationOptions options)
    {
        if (prompt.Count == 0)
        {
            throw new GenerationException("the prompt has no token; give some text");
        }

        if (prompt.Count >= _model.ContextTokens)
        {
            throw new GenerationException($"the prompt has {prompt.Count} tokens, the model was made for {_model.ContextTokens}; shorten it");
        }

        foreach (int id in prompt)
        {
            if ((uint)id >= (uint)_model.VocabSize)
            {
                throw new GenerationException($"token id {id} is not in the model's vocabulary of {_model.VocabSize}; is the tokenizer of this model?");
            }
        }

        return Math.Min(options.MaxNewTokens, _model.ContextTokens - prompt.Count);
    }
}
