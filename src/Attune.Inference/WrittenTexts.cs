using System.Diagnostics;
using Attune.Inference.Search;
using Attune.Text;

namespace Attune.Inference;

/// <summary>Texts that are there only when they are whole: those of encoder-decoders, and the best of a search with beams.</summary>
/// <param name="search">Writes texts behind prompts.</param>
/// <param name="tokenizer">Makes text of ids.</param>
/// <param name="options">How tokens are chosen and when a text ends.</param>
internal sealed class WrittenTexts(Func<int[][], GenerationOptions, SearchResult[][]> search, Tokenizer tokenizer, GenerationOptions options)
{
    /// <summary>Writes all texts.</summary>
    /// <param name="prompts">Token ids, at least one of each.</param>
    /// <param name="limits">Most tokens to generate for each.</param>
    /// <param name="streams">Most prompts at a time.</param>
    /// <param name="onResult">Is given the index of each prompt and its result.</param>
    public void Run(IReadOnlyList<IReadOnlyList<int>> prompts, int[] limits, int streams, Action<int, GenerationResult> onResult)
    {
        // A search has one limit for all of its texts.
        foreach (int[] together in Enumerable.Range(0, prompts.Count).GroupBy(i => limits[i]).SelectMany(group => group.Chunk(streams)))
        {
            long started = Stopwatch.GetTimestamp();
            SearchResult[][] found = search([.. together.Select(i => prompts[i].ToArray())], options with { MaxNewTokens = limits[together[0]] });
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            for (int i = 0; i < together.Length; i++)
            {
                onResult(together[i], Result(prompts[together[i]].Count, found[i][0].Tokens, seconds));
            }
        }
    }

    private GenerationResult Result(int promptTokens, int[] ids, double seconds)
    {
        bool hasEnd = ids.Length > 0 && options.EosTokenIds.Contains(ids[^1]);
        var matcher = new StopMatcher(options.Stop);
        string text = matcher.Append(tokenizer.Decode(hasEnd ? ids[..^1] : ids, skipSpecialTokens: true));
        return new GenerationResult(matcher.IsStopped ? text : text + matcher.Flush(), ids, hasEnd || matcher.IsStopped ? "stop" : "length", promptTokens, 0, seconds);
    }
}
