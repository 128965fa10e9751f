using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune merge</c>.</summary>
internal sealed record MergeOptions
{
    /// <summary>The base model: a Hugging Face folder, a GGUF file, or hf:org/name.</summary>
    [Place(HubKind.Model)]
    public string? Model { get; init; }

    /// <summary>The adapter: a folder as PEFT or MLX writes it, or hf:org/name.</summary>
    [Place(HubKind.Model)]
    public string? Adapter { get; init; }

    /// <summary>The model to write: a GGUF file if the name ends in .gguf, else a Hugging Face folder.</summary>
    public string? Output { get; init; }

    /// <summary>Type of the weights: f32, f16, bf16, or, in GGUF files only, q8_0, q6_k, q5_0, q4_k, q4_0. Default: that of the base model; f32 for block types of few bits.</summary>
    public string? Dtype { get; init; }

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }

    /// <summary>Threads that compute. Range: 1 to 1024. Default: one per physical core.</summary>
    public int? Threads { get; init; }
}

/// <summary><c>attune merge</c>.</summary>
internal sealed class MergeCommand : ToolCommand
{
    public override string Name => "merge";

    public override string Summary => "Compute an adapter into the weights of its base model and write the result as a model of its own.";

    public override IReadOnlyList<string> Remarks =>
    [
        "An adapter that was trained for a task brings its head and its labels, too; such a model goes into a folder.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune merge --model SmolLM2-135M-Instruct --adapter runs/quotes --output models/quotes",
        "attune merge --model bert-base-cased --adapter runs/names --output models/names",
    ];

    public override IReadOnlyList<string> JsonFields => ["output", "dtype", "tensors", .. WrittenModelReport.JsonFields];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<MergeOptions>("Merging");

    public override JsonObject Run(CommandContext context)
    {
        MergeOptions options = context.Values.Build<MergeOptions>();
        string adapter = CommandContext.Require(options.Adapter, "adapter", "the folder of the adapter");
        string output = CommandContext.Require(options.Output, "output", "the file or folder to write");
        OutputPath.RequireFreeForModel(output, options.Force, isFolder: !ModelWriter.IsGguf(output));
        using ModelSession session = ModelSession.Open(new ModelOptions { Model = options.Model, Adapter = adapter, Dtype = "fp32", Threads = options.Threads }, context.Cancellation);
        OutputPath.RequireApart(options.Model!, output);
        session.Adapter!.Merge();
        using var weights = new ParameterSource(session.Network, options.Model!);
        (string type, WrittenModelReport report) = ModelWriter.Write(output, session.File, weights, options.Dtype, session.Config, context.Cancellation);
        context.Terminal.Result($"{output}: {report.Tensors} tensors as {type}; {report}");
        return report.AddTo(new JsonObject { ["output"] = output, ["dtype"] = type, ["tensors"] = report.Tensors });
    }
}
