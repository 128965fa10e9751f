using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Formats;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune convert</c>.</summary>
internal sealed record ConvertOptions
{
    /// <summary>The model to read: a Hugging Face folder, a GGUF file, or hf:org/name.</summary>
    [Place(HubKind.Model)]
    public string? Input { get; init; }

    /// <summary>The model to write: a GGUF file if the name ends in .gguf, else a Hugging Face folder.</summary>
    public string? Output { get; init; }

    /// <summary>Type of the weights: f32, f16, bf16, or, in GGUF files only, q8_0, q6_k, q5_0, q4_k, q4_0. Default: that of most weights; f32 for block types of few bits.</summary>
    public string? Dtype { get; init; }

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }
}

/// <summary><c>attune convert</c>.</summary>
internal sealed class ConvertCommand : ToolCommand
{
    public override string Name => "convert";

    public override string Summary => "Convert a model between GGUF and a Hugging Face folder with safetensors, tokenizer and chat template included.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune convert SmolLM2-135M-Instruct.gguf models/smollm2 --dtype bf16",
        "attune convert runs/full smollm2-quotes.gguf --dtype q8_0",
    ];

    public override IReadOnlyList<string> Operands => ["input", "output"];

    public override IReadOnlyList<string> JsonFields => ["output", "dtype", "tensors", "bytes", .. WrittenModelReport.JsonFields];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<ConvertOptions>("Conversion");

    public override JsonObject Run(CommandContext context)
    {
        ConvertOptions options = context.Values.Build<ConvertOptions>();
        string input = CommandContext.Require(options.Input, "input", "the model to read");
        string output = CommandContext.Require(options.Output, "output", "the file or folder to write");
        using ModelFile model = ModelFile.Open(input);
        OutputPath.RequireApart(input, output);
        OutputPath.RequireFreeForModel(output, options.Force, isFolder: !ModelWriter.IsGguf(output));
        context.Terminal.Note($"reading {model.Tensors.Names.Count} tensors, writing {output}");
        (string type, WrittenModelReport report) = ModelWriter.Write(output, model, model.Tensors, options.Dtype, cancellation: context.Cancellation);
        long bytes = File.Exists(output) ? new FileInfo(output).Length : new DirectoryInfo(output).EnumerateFiles().Sum(file => file.Length);
        context.Terminal.Result($"{output}: {report.Tensors} tensors as {type}, {Sizes.Text(bytes)}; {report}");
        return report.AddTo(new JsonObject
        {
            ["output"] = output,
            ["dtype"] = type,
            ["tensors"] = report.Tensors,
            ["bytes"] = bytes,
        });
    }
}
