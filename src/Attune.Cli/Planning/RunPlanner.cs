using Attune.Adapters;
using Attune.Cli.Models;
using Attune.Cli.Tasks;
using Attune.Cli.Training;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Kernels;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training;
using Attune.Training.Planning;

namespace Attune.Cli.Planning;

/// <summary>Foretells the memory of a run, and finds settings that fit a budget.</summary>
internal sealed class RunPlanner(CommandContext context, RunModel model)
{
    /// <summary>What a run takes besides tensors, packed weights and what the process holds after planning: code that is made at run time, stacks of threads, files of the tool, log and report.</summary>
    private const long EngineBytes = 28L << 20;

    /// <summary>Forecasts are that much too low at most (measured: docs/performance.md), and a run is not to die of it.</summary>
    private const double Margin = 1.05;

    private const int ShortestProposal = 32;

    /// <summary>Layers of the model that operations are measured on, where the run's has many.</summary>
    private const int FewLayers = 4;

    // Measured after the first rehearsal, which has compiled and allocated what the run itself would.
    private long? _processBytes;

    private int MaxLength => context.Values.Build<TokenizationOptions>().MaxLength;

    /// <summary>Tokenises the rows of a task as its model wants them.</summary>
    public RunData Encode(TaskData task)
    {
        using var device = new Device(CreateBackend());
        return task.Encode(model.Create(device).Network);
    }

    /// <summary>Plans the run; where a budget is given, puts settings that fit it into the values.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="budgetBytes">Memory that the process may take; null for what the system has, and then no setting is changed.</param>
    /// <exception cref="UsageException">The run does not fit; the message proposes what would.</exception>
    public RunPlan Plan(RunData data, long? budgetBytes)
    {
        BatchOptions asked = context.Values.Build<BatchOptions>();
        TrainingOptions options = context.Values.Build<TrainingOptions>();
        long limit = budgetBytes ?? (Memory.AvailableBytes() + Memory.CurrentBytes()) ?? long.MaxValue;
        RunPlan? first = null;
        RunPlan least = null!;
        foreach (bool recompute in options.GradientCheckpointing ? [true] : (bool[])[false, true])
        {
            foreach (BatchOptions batches in Sizes(asked, options))
            {
                least = Count(data, batches, options with { GradientCheckpointing = recompute }, MaxLength, limit);
                if (Fits(least, limit))
                {
                    return Choose(least, first, budgetBytes, limit);
                }

                first ??= least;
            }
        }

        throw new UsageException(
            $"memory: the run takes {Text(least)} at least (with {least.Settings}); {(budgetBytes is null ? "the system has" : "allowed are")} {Cli.Sizes.Text(limit)}. {Advice(data, least, options, limit)}");
    }

    /// <summary>Measures the time of a step of the run as it is set now.</summary>
    /// <param name="data">The rows.</param>
    public double MeasureSecondsPerStep(RunData data)
    {
        TrainingOptions options = context.Values.Build<TrainingOptions>() with { OutputDir = null };
        var timer = new StepTimer(options, data.TrainBatches(context.Values.Build<BatchOptions>(), MaxLength), context.Cancellation);
        using CpuBackend backend = ModelSession.CreateBackend(context.Values.Build<ModelOptions>().Threads);
        return (model.Layers > 2 * FewLayers ? Extrapolate(timer, backend) : null) ?? Measure(timer, backend);
    }

    private double Measure(StepTimer timer, CpuBackend backend)
    {
        using var device = new Device(backend);
        return timer.Measure(model.Create(device, isNoise: true).Model);
    }

    private double? Extrapolate(StepTimer timer, CpuBackend backend)
    {
        try
        {
            using var device = new Device(new ProfilingBackend(backend));
            using var planned = new Device(new ProfilingBackend(CreateBackend()));
            return timer.Extrapolate(model.Create(device, isNoise: true, FewLayers).Model, model.Create(planned).Model);
        }
        catch (Exception error) when (error is ModelFileException or WeightException or AdapterException)
        {
            // The configuration says more of the layers than their number.
            return null;
        }
    }

    private static bool Fits(RunPlan plan, long limit) => plan.MemoryBytes * Margin <= limit;

    private static string Text(RunPlan plan) => Cli.Sizes.Text(plan.MemoryBytes * Margin);

    private static PlanningBackend CreateBackend()
    {
        string tier = ModelSession.DefaultTier();
        return new PlanningBackend(tier, packsPairs: ModelSession.ComputeType("auto", tier) == DType.BF16);
    }

    /// <summary>Counts what the run takes.</summary>
    private RunPlan Count(RunData data, BatchOptions batches, TrainingOptions options, int maxLength, long limit)
    {
        PlanningBackend backend = CreateBackend();
        using var device = new Device(backend);
        PlannedModel planned = model.Create(device).Model;
        DataLoader rows = data.TrainBatches(batches, maxLength);
        long bytes = MemoryPlanner.PeakBytes(backend, planned, options with { OutputDir = null }, rows, data.HeldOutBatches(batches, maxLength));
        _processBytes ??= Memory.CurrentBytes();
        bool comparesLoss = model.IsIn8Bit && model.PlainBytes <= EightBitEffect.PlainShare * limit;
        bytes = comparesLoss ? Math.Max(bytes, model.PlainBytes) : bytes;
        return new RunPlan(
            _processBytes.Value + EngineBytes + bytes, options.TotalSteps(rows.StepsPerEpoch), batches.PerDeviceTrainBatchSize, batches.GradientAccumulationSteps, options.GradientCheckpointing)
        {
            ComparesLoss = comparesLoss,
        };
    }

    private RunPlan Choose(RunPlan plan, RunPlan? asked, long? budgetBytes, long limit)
    {
        if (asked is null)
        {
            return plan;
        }

        if (budgetBytes is null)
        {
            throw new UsageException(
                $"memory: the run would take {Text(asked)}, the system has {Cli.Sizes.Text(limit)}; {plan.Settings} would take {Text(plan)} and learn the same: set them, or let --memory choose");
        }

        context.Values.Set("per_device_train_batch_size", plan.BatchSize);
        context.Values.Set("gradient_accumulation_steps", plan.Accumulation);
        context.Values.Set("gradient_checkpointing", plan.Recompute);
        context.Terminal.Note($"{asked.Settings} would take {Text(asked)}; to fit {Cli.Sizes.Text(limit)}: {plan.Settings}");
        return plan;
    }

    /// <summary>The batches that were asked for, then smaller ones, more of which make the same step, where the loss does not depend on how a step is cut.</summary>
    private IEnumerable<BatchOptions> Sizes(BatchOptions asked, TrainingOptions options)
    {
        int size = asked.PerDeviceTrainBatchSize;
        bool isWhole = context.Values.Build<RunOptions>().Resume != "never" || model.NeedsWholeBatches || options.LossReduction != new TrainingOptions().LossReduction;
        return Enumerable.Range(1, size).Where(part => part == size || (!isWhole && size % part == 0)).OrderDescending().Select(part => asked with
        {
            PerDeviceTrainBatchSize = part,
            GradientAccumulationSteps = asked.GradientAccumulationSteps * (size / part),
        });
    }

    /// <summary>What would fit where smaller batches and recomputation do not suffice.</summary>
    private string Advice(RunData data, RunPlan least, TrainingOptions options, long limit)
    {
        var advice = new List<string>();
        BatchOptions batches = context.Values.Build<BatchOptions>() with { PerDeviceTrainBatchSize = least.BatchSize, GradientAccumulationSteps = least.Accumulation };
        int longest = Math.Min(MaxLength, data.Train.Max(row => row.Length));
        for (int length = longest / 2; length >= ShortestProposal && model.CanCutRows; length /= 2)
        {
            if (Fits(Count(data.Cut(length), batches, options with { GradientCheckpointing = true }, length, limit), limit))
            {
                advice.Add($"max_length {length} (now {longest}) with {least.Settings}");
                break;
            }
        }

        if (!model.IsAdapter)
        {
            advice.Add("method lora, which needs no gradient and no optimiser state of all weights");
        }

        advice.Add("a smaller model, or a machine with more memory");
        return $"What would help: {string.Join("; or ", advice)}.";
    }
}
