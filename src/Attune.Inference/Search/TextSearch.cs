using Attune.Models;
using Attune.Models.Seq2Seq;
using Attune.Tensors;

namespace Attune.Inference.Search;

/// <summary>Writes the continuations of prompts, or answers to texts, several at a time: token by token, or with a search that keeps beams.</summary>
public static class TextSearch
{
    /// <summary>Continues prompts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids, at least one of each.</param>
    /// <param name="options">How to search.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>For each prompt the texts found, the best one first.</returns>
    /// <exception cref="GenerationException">A setting is out of its range, or a prompt is empty or too long.</exception>
    public static SearchResult[][] Run(CausalLmModel model, int[][] prompts, GenerationOptions options, CancellationToken cancellation = default)
    {
        options.Validate();
        int maxNewTokens = options.NewTokensBehind(prompts.Select(prompt => prompt.Length).DefaultIfEmpty().Max());
        Check(prompts, model.VocabSize, model.ContextTokens - maxNewTokens);
        using var rows = new CausalRows(model, prompts, options.NumBeams, maxNewTokens);
        return Run(rows, options, maxNewTokens, cancellation);
    }

    /// <summary>Answers texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sources">Token ids, at least one of each.</param>
    /// <param name="options">How to search.</param>
    /// <param name="startId">The id that answers start from; null for the model's own, or the last of each text where it has none (mBART).</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <returns>For each text the answers found, the best one first, without the start.</returns>
    /// <exception cref="GenerationException">A setting is out of its range, or a text is empty or too long.</exception>
    public static SearchResult[][] Run(Seq2SeqModel model, int[][] sources, GenerationOptions options, int? startId = null, CancellationToken cancellation = default)
    {
        options.Validate();
        Check(sources, model.VocabSize, model.ContextTokens);
        int maxNewTokens = options.NewTokensBehind(promptTokens: 1);
        if (maxNewTokens >= model.ContextTokens)
        {
            throw new GenerationException($"max_new_tokens: expected less than the {model.ContextTokens} tokens that the model was made for, found {maxNewTokens}");
        }

        using StepScope scope = model.Device.Scope();
        int[] starts = [.. sources.Select(source => startId ?? model.DecoderStartId ?? source[^1])];
        using var rows = new Seq2SeqRows(model, sources, starts, options.NumBeams, maxNewTokens);
        return Run(rows, options, maxNewTokens, cancellation);
    }

    private static SearchResult[][] Run(DecodingRows rows, GenerationOptions options, int maxNewTokens, CancellationToken cancellation) => options.NumBeams == 1
        ? TokenwiseSearch.Run(rows, options, maxNewTokens, cancellation)
        : BeamSearch.Run(rows, options, maxNewTokens, cancellation);

    private static void Check(int[][] texts, int vocabulary, int longest)
    {
        foreach (int[] text in texts)
        {
            if (text.Length == 0 || text.Length > longest)
            {
                throw new GenerationException($"a text has {text.Length} tokens, expected 1 to {longest}: what the model was made for, less what is to be generated");
            }

            foreach (int id in text)
            {
                if ((uint)id >= (uint)vocabulary)
                {
                    throw new GenerationException($"token id {id} is not in the model's vocabulary of {vocabulary}; is the tokenizer of this model?");
                }
            }
        }

        if (texts.Length == 0)
        {
            throw new GenerationException("there is no text to start from");
        }
    }
}
