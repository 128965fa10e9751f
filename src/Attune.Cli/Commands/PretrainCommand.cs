using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Training;
using Attune.Hub;
using Attune.Training;

namespace Attune.Cli.Commands;

/// <summary>What <c>attune pretrain</c> starts from.</summary>
internal sealed record PretrainOptions
{
    /// <summary>A folder with config.json and the tokenizer's files, or hf:org/name to fetch it from the hub, which says what the new model is like. Has to be given.</summary>
    [Place(HubKind.Model, WithoutWeights = true)]
    public string? Config { get; init; }
}

/// <summary><c>attune pretrain</c>.</summary>
internal sealed class PretrainCommand : ToolCommand
{
    private const string InitialName = "initial";

    /// <summary>What differs from fine-tuning, unless the user says otherwise; the rates are those that small Llamas are usually trained with.</summary>
    private static readonly (string Key, object Value)[] Defaults =
    [
        ("method", "full"),
        ("packing", true),
        ("excess_length_strategy", "split"),
        ("train_on_inputs", true),
        ("num_train_epochs", 1.0),
        ("learning_rate", 1e-3),
        ("lr_scheduler_type", "cosine"),
        ("warmup_ratio", 0.02),
        ("weight_decay", 0.1),
        ("adam_beta2", 0.95),
        ("save_total_limit", 2),
    ];

    public override string Name => "pretrain";

    public override string Summary => "Train a new model from random weights on text: packed rows, every token learnt, all weights.";

    public override IReadOnlyList<string> Remarks =>
    [
        "The random model is written to the folder initial of the output; then everything goes as with attune train, whose options are these. Unless told otherwise: "
        + string.Join(", ", Defaults.Select(entry => FormattableString.Invariant($"{entry.Key} {entry.Value}"))) + ".",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune pretrain --config models/attune-base --data books.txt --sample-by document --output runs/books",
        "attune pretrain recipes/attune-base/pretrain.yaml --resume auto",
    ];

    public override IReadOnlyList<string> Operands => ["recipe"];

    public override IReadOnlyList<string> JsonFields => TrainCommand.ResultFields;

    protected override OptionsSchema CreateSchema() => TrainCommand.WithTraining(new OptionsSchema()
        .Add<RecipeOptions>("Recipe")
        .Add<PretrainOptions>("Model")
        .Add<RunOptions>("Run", "method", "trainable")
        .Add<ModelOptions>("Model", "adapter", "model", "activations"));

    public override JsonObject Run(CommandContext context)
    {
        context = TrainCommand.WithRecipe(context);
        OptionValues values = context.Values;
        foreach ((string key, object value) in Defaults.Where(entry => !values.Has(entry.Key)))
        {
            values.Set(key, value);
        }

        string config = CommandContext.Require(values.Build<PretrainOptions>().Config, "config", "a folder with config.json and a tokenizer");
        string output = CommandContext.Require(values.Build<RunOptions>().Output, "output", "a folder for the run");
        string initial = Path.Combine(output, InitialName);
        values.Set("model", initial);
        var run = new TrainingRun(context, Name);
        if (!Directory.Exists(initial))
        {
            long parameters = NewModel.Write(config, initial, (ulong)values.Build<TrainingOptions>().Seed, "f32", context.Cancellation);
            context.Terminal.Note(FormattableString.Invariant($"{initial}: {parameters:N0} random parameters"));
        }

        return run.Run();
    }
}
