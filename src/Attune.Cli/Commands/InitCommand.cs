using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune init</c>.</summary>
internal sealed record InitOptions
{
    /// <summary>A folder with config.json and the tokenizer's files, or hf:org/name to fetch it from the hub.</summary>
    [Place(HubKind.Model, WithoutWeights = true)]
    public string? Config { get; init; }

    /// <summary>The model to write: a GGUF file if the name ends in .gguf, else a Hugging Face folder.</summary>
    public string? Output { get; init; }

    /// <summary>Seed of the random weights. Range: 0 and up. Default: 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Type of the weights: f32, f16 or bf16. Default: f32.</summary>
    public string Dtype { get; init; } = "f32";

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }
}

/// <summary><c>attune init</c>.</summary>
internal sealed class InitCommand : ToolCommand
{
    public override string Name => "init";

    public override string Summary => "Make a new model with random weights from a configuration and a tokenizer, to be trained from nothing (attune pretrain does both).";

    public override IReadOnlyList<string> Examples => ["attune init --config models/attune-base --output models/new"];

    public override IReadOnlyList<string> JsonFields => ["output", "parameters"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<InitOptions>("Model");

    public override JsonObject Run(CommandContext context)
    {
        InitOptions options = context.Values.Build<InitOptions>();
        string folder = CommandContext.Require(options.Config, "config", "a folder with config.json and a tokenizer");
        string output = CommandContext.Require(options.Output, "output", "the file or folder to write");
        OutputPath.RequireFreeForModel(output, options.Force, isFolder: !ModelWriter.IsGguf(output));
        OutputPath.RequireApart(folder, output);
        if (options.Seed < 0)
        {
            throw new UsageException($"seed: expected 0 or more, found {options.Seed}");
        }

        long parameters = NewModel.Write(folder, output, (ulong)options.Seed, options.Dtype, context.Cancellation);
        context.Terminal.Result(FormattableString.Invariant($"{output}: {parameters:N0} random parameters"));
        return new JsonObject { ["output"] = output, ["parameters"] = parameters };
    }
}
