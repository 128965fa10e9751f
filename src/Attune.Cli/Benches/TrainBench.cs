using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Adapters.Methods;
using Attune.Cli.Models;
using Attune.Cli.Training;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Kernels;
using Attune.Kernels.Cpu;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;
using Attune.Training.Profiling;

namespace Attune.Cli.Benches;

/// <summary><c>attune bench train</c>: the steps that <c>attune train</c> does, on random tokens.</summary>
internal static class TrainBench
{
    private const int WarmUp = 2;

    /// <summary>Time for the rate of products: long enough that a short disturbance does not count.</summary>
    private const double GemmSeconds = 0.3;

    public static JsonObject Run(CommandContext context, BenchOptions options, ModelOptions modelOptions)
    {
        if (options.Method is not ("lora" or "full"))
        {
            throw new UsageException($"method: expected lora or full, found '{options.Method}'");
        }

        if (options.LoadIn8Bit && options.Method != "lora")
        {
            throw new UsageException(TrainingMethod.OnlyAdaptersIn8Bit);
        }

        using CpuBackend processor = ModelSession.CreateBackend(modelOptions.Threads);
        var backend = new ProfilingBackend(processor);
        using var device = new Device(backend);
        DType compute = ModelSession.ComputeType(modelOptions.Dtype, processor.Tier);
        bool full = options.Method == "full";
        CausalLmModel model = BenchModel.Load(device, options, modelOptions, new WeightOptions { Compute = compute, Training = true, IsTrainable = _ => full, LoadIn8Bit = options.LoadIn8Bit });
        TrainedWeights weights = full ? new ModelWeights(model) : new AdapterWeights(Lora.Create(model, AllLinear(options.Rank), seed: 1));
        var meter = new StepMeter(backend, options.Profile);
        var settings = new TrainingOptions { MaxSteps = WarmUp + options.Steps, LoggingSteps = WarmUp + options.Steps, GradientCheckpointing = options.GradientCheckpointing };
        var batches = new BatchOptions { PerDeviceTrainBatchSize = options.Batch, TrainSamplingStrategy = "sequential" };
        using (var trainer = new Trainer(settings, new CausalLmObjective(model), weights, new DataLoader(Rows(options, model.VocabSize), batches, int.MaxValue), null, meter))
        {
            trainer.Run(context.Cancellation);
        }

        context.Cancellation.ThrowIfCancellationRequested();
        return Report(context, options, processor, compute, meter);
    }

    private static LoraOptions AllLinear(int rank) => new() { R = rank, LoraAlpha = 2 * rank, TargetModules = new TargetSpec(ModuleSelector.AllLinear) };

    private static TokenRow[] Rows(BenchOptions options, int vocabulary)
    {
        var random = new Random(1);
        var rows = new TokenRow[options.Batch * (WarmUp + options.Steps)];
        for (int i = 0; i < rows.Length; i++)
        {
            int[] ids = [.. Enumerable.Range(0, options.Seq).Select(_ => random.Next(vocabulary))];
            int[] labels = [.. ids];
            labels.AsSpan(0, (int)(options.Masked * options.Seq)).Fill(CausalLmLoss.Ignored);
            rows[i] = new TokenRow(ids, labels);
        }

        return rows;
    }

    private static JsonObject Report(CommandContext context, BenchOptions options, CpuBackend processor, DType compute, StepMeter meter)
    {
        double tokens = (double)options.Batch * options.Seq;
        double[] seconds = [.. meter.Seconds.Order()];
        double median = seconds[seconds.Length / 2];
        double gemm = GemmRate(processor, compute);
        double share = meter.FlopsPerStep / median / gemm;
        if (options.Profile)
        {
            context.Terminal.Result(new OperationProfile(meter.Calls, seconds.Length, seconds.Sum()).ToTable());
        }

        context.Terminal.Result(FormattableString.Invariant(
            $"{tokens / median:N0} tokens/s ({tokens / seconds[^1]:N0} to {tokens / seconds[0]:N0}), {share:P0} of this machine's {gemm / 1e9:N0} GFLOP/s in matrix products, {processor.Tier}"));
        return new JsonObject
        {
            ["work"] = "train",
            ["method"] = options.Method,
            ["dtype"] = compute == DType.BF16 ? "bf16" : "fp32",
            ["load_in_8bit"] = options.LoadIn8Bit,
            ["tokens_per_second"] = tokens / median,
            ["tokens_per_second_least"] = tokens / seconds[^1],
            ["tokens_per_second_most"] = tokens / seconds[0],
            ["peak_rss_bytes"] = Memory.PeakBytes(),
            ["gemm_flops_per_second"] = gemm,
            ["flops_share"] = share,
            ["tier"] = processor.Tier,
        };
    }

    private static double GemmRate(CpuBackend processor, DType compute)
    {
        using var pool = new WorkerPool(processor.Threads);
        using var gemm = new Gemm(pool);
        return PeakMeter.GemmRate(gemm, compute, GemmSeconds);
    }

    /// <summary>Times of the steps behind those that warm up, and the operations of one of the latter.</summary>
    private sealed class StepMeter(ProfilingBackend backend, bool profile) : ITrainingObserver
    {
        private readonly List<double> _seconds = [];
        private int _steps;

        public IReadOnlyList<double> Seconds => _seconds;

        public double FlopsPerStep { get; private set; }

        public IReadOnlyList<ProfiledCall> Calls => backend.Calls;

        public void OnStep(in StepReport step)
        {
            if (++_steps > WarmUp)
            {
                _seconds.Add(step.Seconds);
                return;
            }

            FlopsPerStep = backend.Calls.Sum(call => call.Flops);
            backend.Clear();
            backend.IsPaused = _steps == WarmUp && !profile;
        }
    }
}
