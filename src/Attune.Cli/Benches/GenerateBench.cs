using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Inference;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training.Profiling;

namespace Attune.Cli.Benches;

/// <summary><c>attune bench generate</c>: some streams read a random prompt each, then all of them generate together, the likeliest token each time.</summary>
internal static class GenerateBench
{
    public static JsonObject Run(CommandContext context, BenchOptions options, ModelOptions modelOptions)
    {
        using CpuBackend processor = ModelSession.CreateBackend(modelOptions.Threads);
        var backend = new ProfilingBackend(processor) { IsPaused = true };
        using var device = new Device(options.Profile ? backend : processor);
        DType compute = ModelSession.ComputeType(modelOptions.Dtype, processor.Tier);
        CausalLmModel model = BenchModel.Load(device, options, modelOptions, new WeightOptions { Compute = compute });

        // The first turn warms up.
        Turn(context, model, options);
        backend.IsPaused = false;
        (double prefill, double[] steps) = Turn(context, model, options, backend);
        if (options.Profile)
        {
            context.Terminal.Result(new OperationProfile(backend.Calls, steps.Length, steps.Sum()).ToTable());
        }

        Array.Sort(steps);
        double median = steps[steps.Length / 2];
        context.Terminal.Result(FormattableString.Invariant(
            $"prompt {options.Seq / prefill:N0} tokens/s, generation {options.Batch / median:N1} tokens/s, first token after {prefill * 1e3:N0} ms, {processor.Tier}"));
        return new JsonObject
        {
            ["work"] = "generate",
            ["dtype"] = compute == DType.BF16 ? "bf16" : "fp32",
            ["prompt_tokens_per_second"] = options.Seq / prefill,
            ["tokens_per_second"] = options.Batch / median,
            ["tokens_per_second_least"] = options.Batch / steps[^1],
            ["tokens_per_second_most"] = options.Batch / steps[0],
            ["peak_rss_bytes"] = Memory.PeakBytes(),
            ["tier"] = processor.Tier,
        };
    }

    /// <summary>The time of the first stream's prompt and of each step that generates.</summary>
    private static (double Prefill, double[] Steps) Turn(CommandContext context, CausalLmModel model, BenchOptions options, ProfilingBackend? backend = null)
    {
        var random = new Random(1);
        using var state = new DecodingState(model, options.Batch, options.Seq + options.Steps);
        var logits = new float[options.Batch * model.VocabSize];
        int[] ids = new int[options.Batch];
        double prefill = 0;
        for (int stream = 0; stream < options.Batch; stream++)
        {
            int[] prompt = [.. Enumerable.Range(0, options.Seq).Select(_ => random.Next(model.VocabSize))];
            long started = Stopwatch.GetTimestamp();
            state.Read(stream, prompt, logits.AsSpan(stream * model.VocabSize, model.VocabSize));
            prefill = stream == 0 ? Stopwatch.GetElapsedTime(started).TotalSeconds : prefill;
        }

        backend?.Clear();
        double[] steps = new double[options.Steps];
        for (int i = 0; i < steps.Length; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            long started = Stopwatch.GetTimestamp();
            for (int stream = 0; stream < options.Batch; stream++)
            {
                ids[stream] = TensorPrimitives.IndexOfMax<float>(logits.AsSpan(stream * model.VocabSize, model.VocabSize));
            }

            state.Step(ids, logits);
            steps[i] = Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        return (prefill, steps);
    }
}
