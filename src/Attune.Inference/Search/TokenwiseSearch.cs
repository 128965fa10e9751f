using System.Runtime.InteropServices;

namespace Attune.Inference.Search;

/// <summary>Writes each text token by token: the likeliest one, or one that is drawn.</summary>
internal static class TokenwiseSearch
{
    /// <summary>The text of each row, with the id that ended it, without the prompt; its score is 0.</summary>
    public static SearchResult[][] Run(DecodingRows rows, GenerationOptions options, int maxNewTokens, CancellationToken cancellation)
    {
        int vocabulary = rows.VocabSize;
        var logits = new float[rows.Count * vocabulary];
        var texts = new List<int>[rows.Count];
        var samplers = new TokenSampler[rows.Count];
        var ids = new int[rows.Count];
        var ended = new bool[rows.Count];
        for (int row = 0; row < rows.Count; row++)
        {
            texts[row] = [.. rows.Prompt(row)];
            samplers[row] = new TokenSampler(options, rows.Context(row, maxNewTokens));
        }

        rows.Begin(logits);
        for (int length = 1; ; length++)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                if (!ended[row])
                {
                    ids[row] = samplers[row].Next(logits.AsSpan(row * vocabulary, vocabulary), CollectionsMarshal.AsSpan(texts[row]));
                    texts[row].Add(ids[row]);
                    ended[row] = options.EosTokenIds.Contains(ids[row]);
                }
            }

            if (length == maxNewTokens || Array.TrueForAll(ended, static end => end))
            {
                return [.. texts.Select((text, row) => (SearchResult[])[new SearchResult([.. text.Skip(rows.Prompt(row).Length)], 0)])];
            }

            cancellation.ThrowIfCancellationRequested();
            rows.Step(ids, logits);
        }
    }
}
