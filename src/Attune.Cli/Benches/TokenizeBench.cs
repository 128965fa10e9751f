using System.Diagnostics;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Cli.Benches;

/// <summary><c>attune bench tokenize</c>: encodes texts again and again, row by row, on one thread.</summary>
internal static class TokenizeBench
{
    public static JsonObject Run(CommandContext context, BenchOptions options, ModelOptions model)
    {
        if (options.Data.Count == 0)
        {
            throw new UsageException("--data is missing; give a text to tokenize");
        }

        Tokenizer tokenizer = AnyTokenizer.Load(CommandContext.Require(model.Model, "model", "a model or a file of a tokenizer")).Tokenizer;
        string[] texts = [.. TextRows.Read([.. options.Data.SelectMany(DataFile.At)], new DataFileOptions(), column: null, context.Cancellation)];
        long bytes = texts.Sum(text => (long)System.Text.Encoding.UTF8.GetByteCount(text));
        double best = double.PositiveInfinity;
        long tokens = 0;
        for (int run = 0; run < options.Steps; run++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            long started = Stopwatch.GetTimestamp();
            tokens = 0;
            foreach (string text in texts)
            {
                tokens += tokenizer.Encode(text).Count;
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        context.Terminal.Result(FormattableString.Invariant($"{bytes / best / 1e6:N1} MB/s, {tokens / best:N0} tokens/s, the best of {options.Steps} runs over {tokens:N0} tokens"));
        return new JsonObject
        {
            ["work"] = "tokenize",
            ["tokens"] = tokens,
            ["tokens_per_second"] = tokens / best,
            ["bytes_per_second"] = bytes / best,
            ["peak_rss_bytes"] = Memory.PeakBytes(),
        };
    }
}
