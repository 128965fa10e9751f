using Attune.Models;
using Attune.Models.Seq2Seq;
using Attune.Tensors;

namespace Attune.Inference.Search;

/// <summary>Searches for the likely continuations of prompts, or answers to texts: greedily or with beams.</summary>
public static class TextSearch
{
    /// <summary>Continues prompts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids, at least one of each.</param>
    /// <param name="options">How to search.</param>
    /// <returns>For each prompt the texts found, the best one first.</returns>
    /// <exception cref="GenerationException">A setting is out of its range, or a prompt is empty or too long.</exception>
    public static SearchResult[][] Run(CausalLmModel model, int[][] prompts, SearchOptions options)
    {
        Check(prompts, options, model.VocabSize, model.ContextTokens - options.MaxNewTokens);
        using var rows = new CausalRows(model, prompts, options.NumBeams, options.MaxNewTokens);
        return Run(rows, options);
    }

    /// <summary>Answers texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sources">Token ids, at least one of each.</param>
    /// <param name="options">How to search.</param>
    /// <param name="startId">The id that answers start from; null for the model's own, or the last of each text where it has none (mBART).</param>
    /// <returns>For each text the answers found, the best one first, without the start.</returns>
    /// <exception cref="GenerationException">A setting is out of its range, or a text is empty or too long.</exception>
    public static SearchResult[][] Run(Seq2SeqModel model, int[][] sources, SearchOptions options, int? startId = null)
    {
        Check(sources, options, model.VocabSize, model.ContextTokens);
        if (options.MaxNewTokens >= model.ContextTokens)
        {
            throw new GenerationException($"max_new_tokens: expected less than the {model.ContextTokens} tokens that the model was made for, found {options.MaxNewTokens}");
        }

        using StepScope scope = model.Device.Scope();
        int[] starts = [.. sources.Select(source => startId ?? model.DecoderStartId ?? source[^1])];
        using var rows = new Seq2SeqRows(model, sources, starts, options.NumBeams, options.MaxNewTokens);
        return Run(rows, options);
    }

    private static SearchResult[][] Run(DecodingRows rows, SearchOptions options) =>
        options.NumBeams == 1 ? GreedySearch.Run(rows, options) : BeamSearch.Run(rows, options);

    private static void Check(int[][] texts, SearchOptions options, int vocabulary, int longest)
    {
        options.Validate();
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
