using System.Text.Json.Nodes;
using Attune.Adapters.Methods;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Training;
using Attune.Data;
using Attune.Data.Batching;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Prediction;
using Attune.Training;

namespace Attune.Cli.Commands;

/// <summary>Where the settings of <c>attune train</c> come from besides the command line.</summary>
internal sealed record RecipeOptions
{
    /// <summary>A YAML file with settings: every option below is a key, with underscores. The command line wins over it. Default: none.</summary>
    public string? Recipe { get; init; }
}

/// <summary><c>attune train</c>.</summary>
internal sealed class TrainCommand : ToolCommand
{
    public override string Name => "train";

    public override string Summary => "Fine-tune a model for texts or a task: an adapter with LoRA, all its weights, or some of them.";

    public override IReadOnlyList<string> Remarks =>
    [
        "The output folder gets the adapter in PEFT's format (or the whole model in Hugging Face's), the resolved recipe, metrics.jsonl and checkpoints. "
        + "Ctrl-C finishes the step in progress and saves a checkpoint; --resume auto goes on from there with the same bits.",
        "With --task the rows are columns with labels, and the model gets the head that the task needs; config.json keeps the labels and their order. The default, clm, learns to continue texts.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune train --model SmolLM2-135M-Instruct --data quotes.jsonl --method lora --output runs/quotes",
        "attune train --task classify --model all-MiniLM-L6-v2 --data reviews.csv --val-set-size 0.1 --method full --output runs/reviews",
        "attune train --task tag --model bert-base-cased --data names.jsonl --tokens-column words --method lora --learning-rate 1e-3 --output runs/names",
        "attune train recipes/lora-chat.yaml --data my-chats.jsonl --max-steps 200",
        "attune train runs/quotes/recipe.yaml --resume auto",
        "attune train --model SmolLM2-135M.gguf --data book.txt --method freeze --trainable 'layers.29.' --output runs/book",
    ];

    public override IReadOnlyList<string> Operands => ["recipe"];

    public override IReadOnlyList<string> JsonFields => ResultFields;

    /// <summary>Fields of the JSON object of a run.</summary>
    public static IReadOnlyList<string> ResultFields =>
    [
        "output", "steps", "train_loss", "eval_loss", "metrics", "tokens_per_second", "peak_rss_bytes", "forecast_memory_bytes", "tier", "early_stopped", "last_checkpoint", "rows",
    ];

    /// <summary>The options of a run, for commands that take the same.</summary>
    public static OptionsSchema RunSchema() => WithTraining(new OptionsSchema()
        .Add<RecipeOptions>("Recipe")
        .Add<RunOptions>("Run")
        .Add<TaskOptions>("Task")
        .Add<TaskColumnOptions>("Columns of tasks")
        .Add<PredictionOptions>("Predictions for held-out rows")
        .Add<ModelOptions>("Model", "adapter", "activations")
        .Add<LoraOptions>("LoRA", "base_model_name_or_path", "revision", "task_type"));

    protected override OptionsSchema CreateSchema() => RunSchema();

    public override JsonObject Run(CommandContext context) => new TrainingRun(WithRecipe(context)).Run();

    /// <summary>Adds how any model is trained, and on what rows.</summary>
    public static OptionsSchema WithTraining(OptionsSchema schema) => schema
        .Add<TrainingOptions>("Training", "output_dir", "resume_from_checkpoint")
        .Add<BatchOptions>("Batches")
        .Add<TokenizationOptions>("Tokens")
        .Add<SplitOptions>("Held-out rows")
        .Add<DataFileOptions>("Data files")
        .Add<ColumnOptions>("Rows");

    /// <summary>The values of the recipe that was named, if any, under those of the command line.</summary>
    public static CommandContext WithRecipe(CommandContext context)
    {
        if (context.Values.Build<RecipeOptions>().Recipe is not { } recipe)
        {
            return context;
        }

        var values = new OptionValues(context.Values.Schema);
        RecipeFile.Read(recipe, values);
        values.Override(context.Values);
        return context with { Values = values };
    }
}
