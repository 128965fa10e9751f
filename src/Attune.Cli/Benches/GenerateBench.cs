using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Inference;
using Attune.Kernels;
using Attune.Kernels.Cpu;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training.Profiling;

namespace Attune.Cli.Benches;

/// <summary><c>attune bench generate</c>: some streams read a random prompt each, then all of them generate together, the likeliest token each time.</summary>
internal static class GenerateBench
{
    /// <summary>Time for the rate of memory: long enough that a short disturbance does not count.</summary>
    private const double MemorySeconds = 0.3;

    public static JsonObject Run(CommandContext context, BenchOptions options, ModelOptions modelOptions)
    {
        using CpuBackend processor = ModelSession.CreateBackend(modelOptions.Threads);
        var backend = new ProfilingBackend(processor) { IsPaused = true };
        using var device = new Device(backend);
        DType compute = ModelSession.ComputeType(modelOptions.Dtype, processor.Tier);
        var weights = new WeightOptions { Compute = compute, Int8Activations = Int8Activations.AreAskedFor(modelOptions.Activations, compute) };
        CausalLmModel model = BenchModel.Load(device, options, modelOptions, weights);
        if (weights.Int8Activations)
        {
            Int8Activations.RequireUse(model, processor.Tier);
        }

        // The first turn warms up, and a step in its middle says what one reads and writes.
        Turn(context, model, options, step => backend.IsPaused = step != options.Steps / 2);
        double bytes = backend.Calls.Sum(call => call.Bytes);
        backend.Clear();
        backend.IsPaused = true;
        (double prefill, double[] steps) = Turn(context, model, options, _ => backend.IsPaused = !options.Profile);
        if (options.Profile)
        {
            context.Terminal.Result(new OperationProfile(backend.Calls, steps.Length, steps.Sum()).ToTable());
        }

        Array.Sort(steps);
        double median = steps[steps.Length / 2];
        double memory = MemoryRate(processor);
        double share = bytes / median / memory;
        context.Terminal.Result(FormattableString.Invariant(
            $"prompt {options.Seq / prefill:N0} tokens/s, generation {options.Batch / median:N1} tokens/s, first token after {prefill * 1e3:N0} ms, {share:P0} of this machine's {memory / 1e9:N0} GB/s of memory reads, {processor.Tier}"));
        return new JsonObject
        {
            ["work"] = "generate",
            ["dtype"] = compute == DType.BF16 ? "bf16" : "fp32",
            ["activations"] = weights.Int8Activations ? "int8" : compute == DType.BF16 ? "bf16" : "fp32",
            ["prompt_tokens_per_second"] = options.Seq / prefill,
            ["tokens_per_second"] = options.Batch / median,
            ["tokens_per_second_least"] = options.Batch / steps[^1],
            ["tokens_per_second_most"] = options.Batch / steps[0],
            ["peak_rss_bytes"] = Memory.PeakBytes(),
            ["memory_bytes_per_second"] = memory,
            ["memory_share"] = share,
            ["tier"] = processor.Tier,
        };
    }

    private static double MemoryRate(CpuBackend processor)
    {
        using var pool = new WorkerPool(processor.Threads);
        return PeakMeter.MemoryRate(pool, MemorySeconds);
    }

    /// <summary>The time of the first stream's prompt and of each step that generates.</summary>
    private static (double Prefill, double[] Steps) Turn(CommandContext context, CausalLmModel model, BenchOptions options, Action<int> beforeStep)
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

        double[] steps = new double[options.Steps];
        for (int i = 0; i < steps.Length; i++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            beforeStep(i);
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
