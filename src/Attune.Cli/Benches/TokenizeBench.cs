using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Text;

namespace Attune.Cli.Benches;

/// <summary><c>attune bench tokenize</c>: encodes a text again and again, line by line, on one thread.</summary>
internal static class TokenizeBench
{
    public static JsonObject Run(CommandContext context, BenchOptions options, ModelOptions model)
    {
        string path = CommandContext.Require(options.Data, "data", "a text to tokenize");
        Tokenizer tokenizer = AnyTokenizer.Load(CommandContext.Require(model.Model, "model", "a model or a file of a tokenizer")).Tokenizer;
        (string[] lines, long bytes) = Read(path);
        double best = double.PositiveInfinity;
        long tokens = 0;
        for (int run = 0; run < options.Steps; run++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            long started = Stopwatch.GetTimestamp();
            tokens = 0;
            foreach (string line in lines)
            {
                tokens += tokenizer.Encode(line).Count;
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

    private static (string[] Lines, long Bytes) Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new UsageException($"data: {path}: expected a text file, found nothing");
        }

        using FileStream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(content, System.Text.Encoding.UTF8);
        string text = reader.ReadToEnd();
        return (text.Split('\n'), System.Text.Encoding.UTF8.GetByteCount(text));
    }
}
