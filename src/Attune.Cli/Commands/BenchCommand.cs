using System.Text.Json.Nodes;
using Attune.Cli.Benches;
using Attune.Cli.Models;
using Attune.Cli.Options;

namespace Attune.Cli.Commands;

/// <summary><c>attune bench</c>.</summary>
internal sealed class BenchCommand : ToolCommand
{
    /// <summary>The works, and the options that each does not have.</summary>
    private static readonly (string Work, string[] Foreign, Func<CommandContext, BenchOptions, ModelOptions, JsonObject> Run)[] Works =
    [
        ("train", ["data", "activations"], TrainBench.Run),
        ("generate", ["data", "method", "rank", "masked", "gradient_checkpointing"], GenerateBench.Run),
        ("tokenize", ["shape", "method", "rank", "seq", "batch", "masked", "gradient_checkpointing", "profile", "dtype", "activations", "threads"], TokenizeBench.Run),
    ];

    public override string Name => "bench";

    public override string Summary => "Measure on this machine how fast a model trains or generates, or a tokenizer cuts a text.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Tokens are random; speed does not depend on them. Nothing else should run meanwhile. flops_share is the arithmetic of the step's products and attention per second, "
        + "as a share of the rate that matrix products alone reach in the same process.",
        "memory_bytes_per_second is the rate at which the same process reads memory and does nothing else, memory_share what generation has of it: the bytes of weights, cache and results "
        + "of a step (half-way through) per second of the median step.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune bench train --model SmolLM2-135M-Instruct --method lora --rank 16 --seq 512 --batch 1 --dtype bf16 --steps 10 --json",
        "attune bench train --shape 0.5b --profile",
        "attune bench generate --model SmolLM2-135M-Instruct --seq 512 --steps 64",
        "attune bench generate --model SmolLM2-135M-Instruct --seq 64 --batch 8 --profile",
        "attune bench generate --model SmolLM2-135M-Instruct.gguf --activations int8",
        "attune bench tokenize --model SmolLM2-135M-Instruct --data book.txt",
    ];

    public override IReadOnlyList<string> Operands => ["work"];

    public override IReadOnlyList<string> JsonFields =>
    [
        "work", "method", "dtype", "activations", "prompt_tokens_per_second", "tokens_per_second", "tokens_per_second_least", "tokens_per_second_most", "peak_rss_bytes",
        "gemm_flops_per_second", "flops_share", "memory_bytes_per_second", "memory_share", "tier", "tokens", "bytes_per_second",
    ];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<BenchOptions>("Measurement").Add<ModelOptions>("Model", "adapter", "chat_template");

    public override JsonObject Run(CommandContext context)
    {
        BenchOptions options = context.Values.Build<BenchOptions>();
        ModelOptions model = context.Values.Build<ModelOptions>();
        RequireRange("rank", options.Rank, 1, 1024);
        RequireRange("seq", options.Seq, 2, 131072);
        RequireRange("batch", options.Batch, 1, 1024);
        RequireRange("steps", options.Steps, 1, 100_000);
        if (options.Masked is not (>= 0 and <= 0.99))
        {
            throw new UsageException($"masked: expected a number from 0 to 0.99, found {options.Masked}");
        }

        string work = options.Work ?? throw new UsageException("say what to measure: attune bench train, generate or tokenize");
        (string? name, string[] foreign, Func<CommandContext, BenchOptions, ModelOptions, JsonObject> run) = Array.Find(Works, known => known.Work == work);
        if (name is null)
        {
            throw new UsageException($"work: expected train, generate or tokenize, found '{work}'");
        }

        return Array.Find(foreign, context.Values.Has) is { } option
            ? throw new UsageException($"{option}: bench {work} has no such option; leave it out")
            : run(context, options, model);
    }

    private static void RequireRange(string name, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new UsageException($"{name}: expected a number from {least} to {most}, found {value}");
        }
    }
}
