using System.Diagnostics;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Cli.Benches;

/// <summary><c>attune bench generate</c>: reads a random prompt, then generates one token after the other, the likeliest each time.</summary>
internal static class GenerateBench
{
    public static JsonObject Run(CommandContext context, BenchOptions options, ModelOptions modelOptions)
    {
        using CpuBackend backend = ModelSession.CreateBackend(modelOptions.Threads);
        using var device = new Device(backend);
        DType compute = ModelSession.ComputeType(modelOptions.Dtype, backend.Tier);
        CausalLmModel model = BenchModel.Load(device, options, modelOptions, new WeightOptions { Compute = compute, IsTrainable = _ => false });
        var random = new Random(1);
        int[] prompt = [.. Enumerable.Range(0, options.Seq).Select(_ => random.Next(model.VocabSize))];
        double prefill = 0;
        double[] steps = new double[options.Steps];
        for (int turn = 0; turn < 2; turn++)
        {
            // The first turn warms up.
            using KvCache cache = model.CreateCache(1, prompt.Length + options.Steps);
            long started = Stopwatch.GetTimestamp();
            int next = Step(model, cache, prompt);
            prefill = Stopwatch.GetElapsedTime(started).TotalSeconds;
            for (int i = 0; i < steps.Length; i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                started = Stopwatch.GetTimestamp();
                next = Step(model, cache, [next]);
                steps[i] = Stopwatch.GetElapsedTime(started).TotalSeconds;
            }
        }

        Array.Sort(steps);
        double decode = 1 / steps[steps.Length / 2];
        context.Terminal.Result(FormattableString.Invariant(
            $"prompt {prompt.Length / prefill:N0} tokens/s, generation {decode:N1} tokens/s, first token after {prefill * 1e3:N0} ms, {backend.Tier}"));
        return new JsonObject
        {
            ["work"] = "generate",
            ["dtype"] = compute == DType.BF16 ? "bf16" : "fp32",
            ["prompt_tokens_per_second"] = prompt.Length / prefill,
            ["tokens_per_second"] = decode,
            ["peak_rss_bytes"] = Memory.PeakBytes(),
            ["tier"] = backend.Tier,
        };
    }

    private static int Step(CausalLmModel model, KvCache cache, ReadOnlySpan<int> ids)
    {
        using StepScope scope = model.Device.Scope();
        using var pause = model.Device.Tape.Pause();
        Tensor hidden = model.Hidden(new ForwardPass(cache.Append(ids, [ids.Length])) { Cache = cache });
        cache.Commit();
        float[] logits = model.Logits(hidden.Narrow(0, ids.Length - 1, 1)).ToArray();
        return Array.IndexOf(logits, logits.Max());
    }
}
