using Attune.Inference.Samplers;

namespace Attune.Inference.Search;

/// <summary>Always takes the most likely token.</summary>
internal static class GreedySearch
{
    /// <summary>The text of each row, with the id that ended it, without the prompt; its score is 0.</summary>
    public static SearchResult[][] Run(DecodingRows rows, SearchOptions options)
    {
        int vocabulary = rows.VocabSize;
        var logits = new float[rows.Count * vocabulary];
        var texts = new List<int>[rows.Count];
        var processors = new ILogitsProcessor[rows.Count][];
        var ids = new int[rows.Count];
        var ended = new bool[rows.Count];
        for (int row = 0; row < rows.Count; row++)
        {
            texts[row] = [.. rows.Prompt(row)];
            processors[row] = options.Processors(texts[row].Count);
        }

        rows.Begin(logits);
        for (int length = 1; length <= options.MaxNewTokens; length++)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                Span<float> own = logits.AsSpan(row * vocabulary, vocabulary);
                foreach (ILogitsProcessor processor in processors[row])
                {
                    processor.Apply(own, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(texts[row]));
                }

                ids[row] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(own);
                if (!ended[row])
                {
                    texts[row].Add(ids[row]);
                    ended[row] = options.EosTokenIds.Contains(ids[row]);
                }
            }

            if (length == options.MaxNewTokens || Array.TrueForAll(ended, static end => end))
            {
                break;
            }

            rows.Step(ids, logits);
        }

        return [.. texts.Select((text, row) => (SearchResult[])[new SearchResult([.. text.Skip(rows.Prompt(row).Length)], 0)])];
    }
}
