using Attune.Inference.Search;
using Attune.Models;
using Attune.Models.Seq2Seq;
using Attune.Text;

namespace Attune.Inference;

/// <summary>Generates text, token by token, with a cache of keys and values: continuations of a prompt, or an encoder-decoder's answer to it.</summary>
public sealed class Generator
{
    private readonly CausalLmModel? _decoder;
    private readonly Seq2SeqModel? _seq2Seq;
    private readonly Tokenizer _tokenizer;
    private readonly int _contextTokens;
    private readonly int _vocabSize;

    /// <summary>Makes a generator over a loaded model that continues texts.</summary>
    public Generator(CausalLmModel model, Tokenizer tokenizer)
    {
        _decoder = model;
        _tokenizer = tokenizer;
        (_contextTokens, _vocabSize) = (model.ContextTokens, model.VocabSize);
    }

    /// <summary>Makes a generator over a loaded model that reads a text and writes another one.</summary>
    public Generator(Seq2SeqModel model, Tokenizer tokenizer)
    {
        _seq2Seq = model;
        _tokenizer = tokenizer.ForTargets;
        (_contextTokens, _vocabSize) = (model.ContextTokens, model.VocabSize);
    }

    /// <summary>Continues a prompt, or answers it.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How tokens are chosen and when generation ends.</param>
    /// <param name="onText">Is given the text as it comes, whole characters only (with beams or an encoder all at once); null for nobody.</param>
    /// <param name="cancellation">Ends the generation early; what there is is returned.</param>
    /// <exception cref="GenerationException">A setting is out of its range, or the prompt is empty or too long.</exception>
    /// <exception cref="OperationCanceledException">It was ended early, and with beams or an encoder there is nothing yet.</exception>
    public GenerationResult Generate(IReadOnlyList<int> prompt, GenerationOptions options, Action<string>? onText = null, CancellationToken cancellation = default) =>
        Run([prompt], options, streams: 1, onText, onResult: null, cancellation)[0];

    /// <summary>Continues or answers prompts, some of them together: a step reads the weights once for all, so eight streams take little longer than one. Each text is the one that its prompt has alone.</summary>
    /// <param name="prompts">Token ids, at least one of each.</param>
    /// <param name="options">How tokens are chosen and when a text ends; each prompt draws from the seed anew.</param>
    /// <param name="streams">Most prompts at a time, 1 or more; each has room for the longest text in the cache. Where one ends, the next prompt takes its place.</param>
    /// <param name="onResult">Is given the index of each prompt and its result as soon as it is there; null for nobody.</param>
    /// <param name="cancellation">Ends the generation early; what there is is returned, for prompts that were not begun an empty text.</param>
    /// <exception cref="GenerationException">A setting is out of its range, or a prompt is empty or too long.</exception>
    /// <exception cref="OperationCanceledException">It was ended early, and with beams or an encoder a text is missing.</exception>
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

        if (_decoder is not null && options.NumBeams == 1)
        {
            using var batch = new GenerationBatch(_decoder, _tokenizer, prompts, limits, options, Math.Min(streams, prompts.Count), cancellation) { OnText = onText, OnResult = Take };
            batch.Run();
            return results;
        }

        var texts = new WrittenTexts(
            (ids, settings) => _decoder is not null
                ? TextSearch.Run(_decoder, ids, settings, cancellation)
                : TextSearch.Run(_seq2Seq!, ids, settings, cancellation: cancellation),
            _tokenizer,
            options);
        texts.Run(prompts, limits, streams, Take);
        onText?.Invoke(results[0].Text);
        return results;

        void Take(int index, GenerationResult result)
        {
            results[index] = result;
            onResult?.Invoke(index, result);
        }
    }

    private int Limit(IReadOnlyList<int> prompt, GenerationOptions options)
    {
        if (prompt.Count == 0)
        {
            throw new GenerationException("the prompt has no token; give some text");
        }

        if (_decoder is null ? prompt.Count > _contextTokens : prompt.Count >= _contextTokens)
        {
            throw new GenerationException($"the prompt has {prompt.Count} tokens, the model was made for {_contextTokens}; shorten it");
        }

        foreach (int id in prompt)
        {
            if ((uint)id >= (uint)_vocabSize)
            {
                throw new GenerationException($"token id {id} is not in the model's vocabulary of {_vocabSize}; is the tokenizer of this model?");
            }
        }

        // What an encoder reads takes no room beside the answer and its start.
        int before = _decoder is null ? 1 : prompt.Count;
        return Math.Min(options.NewTokensBehind(before), _contextTokens - before);
    }
}
