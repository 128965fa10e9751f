using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Cli.Planning;
using Attune.Cli.Training;

namespace Attune.Cli.Commands;

/// <summary><c>attune plan</c>.</summary>
internal sealed class PlanCommand : ToolCommand
{
    public override string Name => "plan";

    public override string Summary => "Foretell the memory and the time of a training run, and find settings that fit a budget of memory.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Takes what attune train takes, and writes nothing. Memory is counted by doing steps of the run on a backend that computes nothing, before any weight is read; the time of a step is that of some steps done with noise for weights, without evaluations and saving. "
        + "With --memory, smaller batches (more of which make a step) and then gradient_checkpointing are chosen until the run fits; if nothing does, the exit code is 2 and the message says what would help.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune plan --model SmolLM2-135M-Instruct --data quotes.jsonl",
        "attune plan recipes/lora-chat.yaml --data my-chats.jsonl --memory 4GB --json",
    ];

    public override IReadOnlyList<string> Operands => ["recipe"];

    public override IReadOnlyList<string> JsonFields =>
    [
        "memory_bytes", "seconds_per_step", "steps", "seconds", "per_device_train_batch_size", "gradient_accumulation_steps", "gradient_checkpointing",
    ];

    protected override OptionsSchema CreateSchema() => TrainCommand.RunSchema();

    public override JsonObject Run(CommandContext context)
    {
        context = TrainCommand.WithRecipe(context);

        // Nothing is written, so it does not matter whether the run's folder is used.
        context.Values.Set("output", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        RunPlan plan = new TrainingRun(context).Plan();
        context.Terminal.Result(plan.ToString());
        context.Terminal.Result($"with {plan.Settings}");
        return new JsonObject
        {
            ["memory_bytes"] = plan.MemoryBytes,
            ["seconds_per_step"] = plan.SecondsPerStep,
            ["steps"] = plan.Steps,
            ["seconds"] = plan.SecondsPerStep * plan.Steps,
            ["per_device_train_batch_size"] = plan.BatchSize,
            ["gradient_accumulation_steps"] = plan.Accumulation,
            ["gradient_checkpointing"] = plan.Recompute,
        };
    }
}
