using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Adapters.Methods;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Training;
using Attune.Formats;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune info</c>.</summary>
internal sealed record InfoOptions
{
    /// <summary>The model: a Hugging Face folder, a GGUF file, or hf:org/name.</summary>
    [Place(HubKind.Model)]
    public string? Model { get; init; }

    /// <summary>An adapter, as a folder or hf:org/name, whose trainable parameters are counted. Default: none.</summary>
    [Place(HubKind.Model)]
    public string? Adapter { get; init; }

    /// <summary>A method whose trainable parameters are counted: lora, full or freeze. Default: none.</summary>
    public string? Method { get; init; }

    /// <summary>Weights that the method freeze trains: texts that their names contain, with * for anything. Default: none.</summary>
    public IReadOnlyList<string> Trainable { get; init; } = [];
}

/// <summary><c>attune info</c>.</summary>
internal sealed class InfoCommand : ToolCommand
{
    private static readonly string[] Shown =
    [
        "vocab_size", "hidden_size", "n_embd", "d_model", "intermediate_size", "n_inner", "ffn_dim", "num_hidden_layers", "n_layer", "n_layers", "num_attention_heads",
        "n_head", "n_heads", "num_key_value_heads", "head_dim", "num_local_experts", "num_experts", "n_routed_experts", "num_experts_per_tok", "sliding_window",
        "max_position_embeddings", "n_positions", "max_seq_len", "tie_word_embeddings",
    ];

    public override string Name => "info";

    public override string Summary => "Say what a model is: architecture, sizes, types, parameters, and how many of them a method would train.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune info SmolLM2-135M-Instruct.gguf",
        "attune info SmolLM2-135M-Instruct --method lora --r 16 --target-modules all-linear",
    ];

    public override IReadOnlyList<string> Operands => ["model"];

    public override IReadOnlyList<string> JsonFields =>
        ["parameters", "trainable_parameters", "model", "architecture", "dtypes", "bytes", "config", "has_tokenizer", "has_chat_template"];

    protected override OptionsSchema CreateSchema() =>
        new OptionsSchema().Add<InfoOptions>("Model").Add<LoraOptions>("LoRA (with --method lora)", "base_model_name_or_path", "revision", "task_type");

    public override JsonObject Run(CommandContext context)
    {
        InfoOptions options = context.Values.Build<InfoOptions>();
        string path = CommandContext.Require(options.Model, "model", "a Hugging Face folder or a GGUF file");
        if (options.Adapter is not null && options.Method is not null)
        {
            throw new UsageException("--adapter and --method exclude each other; an adapter knows its method");
        }

        using ModelFile model = ModelFile.Open(path);
        ParameterCount count = options.Adapter is null && options.Method is null ? new ParameterCount(0, CountParameters(model)) : CountTrainable(context, options);
        long parameters = options.Adapter is null && options.Method is null ? count.All : CountParameters(model);
        IReadOnlyList<KeyValuePair<string, long>> types = ModelTypes.Count(model.Tensors);
        long bytes = model.Tensors.Names.Sum(name => model.Tensors.Info(name).ByteCount);
        Print(context.Terminal, model, parameters, types);
        if (options.Adapter is not null || options.Method is not null)
        {
            context.Terminal.Result(count.ToString());
        }

        return new JsonObject
        {
            ["parameters"] = parameters,
            ["trainable_parameters"] = count.Trainable,
            ["model"] = path,
            ["architecture"] = ArchitectureOf(model) ?? model.Config.ModelType,
            ["dtypes"] = new JsonObject(types.Select(type => KeyValuePair.Create(type.Key, (JsonNode?)type.Value))),
            ["bytes"] = bytes,
            ["config"] = model.Config.ToJsonObject(),
            ["has_tokenizer"] = model.Tokenizer is not null,
            ["has_chat_template"] = model.ChatTemplates.Count > 0,
        };
    }

    private static string? ArchitectureOf(ModelFile model) => model.Config.Architectures is [string first, ..] ? first : null;

    // A tied output layer is the embedding once more, and buffers are no parameters.
    private static long CountParameters(ModelFile model)
    {
        bool isTied = model.Config.GetBoolean("tie_word_embeddings", false);
        return model.Tensors.Names
            .Where(name => !(isTied && name == "lm_head.weight") && !name.EndsWith(".inv_freq", StringComparison.Ordinal))
            .Sum(name => model.Tensors.Info(name).Shape.Count);
    }

    private static ParameterCount CountTrainable(CommandContext context, InfoOptions options)
    {
        TrainingMethod? method = options.Method is null ? null : TrainingMethod.Of(options.Method, options.Trainable);
        using ModelSession session = ModelSession.Open(
            new ModelOptions { Model = options.Model, Adapter = options.Adapter, Dtype = "fp32" }, context.Cancellation, isTrainable: method?.IsTrainable);
        if (method is { IsAdapter: true })
        {
            session.Adapter = Lora.Create(session.Network, context.Values.Build<LoraOptions>(), seed: 0);
        }

        return ParameterCount.Of(session.Network, session.Adapter);
    }

    private static void Print(Terminal terminal, ModelFile model, long parameters, IReadOnlyList<KeyValuePair<string, long>> types)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        terminal.Result($"{model.Path}");
        Row("architecture", $"{ArchitectureOf(model) ?? "unknown"} ({model.Config.ModelType})");
        Row("parameters", parameters.ToString("N0", culture));
        Row("stored as", string.Join(", ", types.Select(type => string.Create(culture, $"{type.Key} ({type.Value:N0})"))));
        JsonObject config = model.Config.ToJsonObject();
        foreach (string key in Shown.Where(key => config[key] is not null))
        {
            Row(key, config[key]!.ToJsonString());
        }

        Row("tokenizer", model.Tokenizer switch
        {
            GgufTokenizerSource gguf => $"{gguf.Model}, {gguf.Pre}",
            HuggingFaceTokenizerSource files => string.Join(", ", HuggingFaceTokenizerSource.FilesIn(files.Folder)),
            _ => "none",
        });
        Row("chat template", model.ChatTemplates.Count switch { 0 => "none", 1 => "yes", _ => string.Join(", ", model.ChatTemplates.Keys) });

        void Row(string name, string value) => terminal.Result($"  {name,-26}{value}");
    }
}
