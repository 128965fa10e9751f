using System.Text.Json.Nodes;
using Attune.Cli.Exports;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Data.Tasks;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune export</c>.</summary>
internal sealed record ExportOptions
{
    /// <summary>The model: a Hugging Face folder, a GGUF file, or hf:org/name. Has to be given.</summary>
    [Place(HubKind.Model)]
    public string? Model { get; init; }

    /// <summary>An adapter: a folder as PEFT or MLX writes it, or hf:org/name. For onnx it is merged into the weights. Default: none.</summary>
    [Place(HubKind.Model)]
    public string? Adapter { get; init; }

    /// <summary>The folder to write. Has to be given.</summary>
    public string? Output { get; init; }

    /// <summary>What to write: onnx (the model as ONNX graphs with its tokenizer), mlx (the adapter as mlx-lm reads it) or peft (the adapter as PEFT reads it). Default: onnx.</summary>
    public string Format { get; init; } = "onnx";

    /// <summary>For onnx, what the model is for: clm, mlm, classify, multilabel, regress, tag, qa, choice, seq2seq or embed. Default: the head that config.json names.</summary>
    public string? Task { get; init; }

    /// <summary>For onnx, let a decoder take keys and values of earlier tokens and give those of all (past_key_values and present), as Optimum's exports with past do. Default: false.</summary>
    public bool WithPast { get; init; }

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }

    /// <summary>Threads that compute. Range: 1 to 1024. Default: one per physical core.</summary>
    public int? Threads { get; init; }
}

/// <summary><c>attune export</c>.</summary>
internal sealed class ExportCommand : ToolCommand
{
    public override string Name => "export";

    public override string Summary => "Write a model or an adapter for other runtimes, open it again and compare what it says with the source.";

    public override IReadOnlyList<string> Remarks =>
    [
        "onnx: model.onnx with the inputs input_ids, attention_mask and token_type_ids [batch_size, sequence_length] and the outputs of Hugging Face's Optimum (logits, last_hidden_state, start_logits and end_logits, "
        + "sentence_embedding), operators of version 17, single precision; batches may be padded on either side. Models with encoder and decoder become encoder_model.onnx and decoder_model.onnx, which takes the "
        + "encoder's states. Decoders come without a cache, or with --with-past. Weights beyond 1.9 GB lie beside their graph in model.onnx_data. "
        + "docs/models.md says how families are written.",
        "mlx, peft: the adapter only, between the folders of mlx-lm (adapters.safetensors) and PEFT (adapter_model.safetensors). Every command that takes an adapter takes either.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune export all-MiniLM-L6-v2 minilm-onnx --task embed",
        "attune export runs/reviews reviews-onnx",
        "attune export SmolLM2-135M-Instruct smollm2-onnx --with-past",
        "attune export --model SmolLM2-135M-Instruct --adapter runs/quotes --output quotes-onnx",
        "attune export --format mlx --model SmolLM2-135M-Instruct --adapter runs/quotes --output quotes-mlx",
    ];

    public override IReadOnlyList<string> Operands => ["model", "output"];

    public override IReadOnlyList<string> JsonFields => ["output", "format", "bytes", "tensors_verified", "texts_verified", "logit_difference"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<ExportOptions>("Export").Add<TaskOptions>(
        "Task", "label_separator", "doc_stride", "allow_no_answer", "source_prefix", "max_target_length", "mlm_probability");

    public override JsonObject Run(CommandContext context)
    {
        ExportOptions options = context.Values.Build<ExportOptions>();
        ExportFormat format = KnownExports.Find(options.Format);
        string model = CommandContext.Require(options.Model, "model", "a Hugging Face folder or a GGUF file");
        string output = CommandContext.Require(options.Output, "output", "the folder to write");
        OutputPath.RequireApart(model, output);
        OutputPath.RequireFreeForModel(output, options.Force, isFolder: true);
        ExportReport report = format.Write(context, options, output);
        long bytes = new DirectoryInfo(output).EnumerateFiles().Sum(file => file.Length);
        context.Terminal.Result($"{output}: {Sizes.Text(bytes)}; {report}");
        return new JsonObject
        {
            ["output"] = output,
            ["format"] = format.Name,
            ["bytes"] = bytes,
            ["tensors_verified"] = report.Tensors,
            ["texts_verified"] = report.Texts,
            ["logit_difference"] = report.LargestDifference,
        };
    }
}
