using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Tasks;
using Attune.Data;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Prediction;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune predict</c>.</summary>
internal sealed record PredictOptions
{
    /// <summary>Data files, or hf:org/name, whose rows are asked about; - is standard input, as jsonl unless format says otherwise. Default: -.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> Data { get; init; } = ["-"];

    /// <summary>File for the predictions, one JSON object a line. Default: standard output.</summary>
    public string? Output { get; init; }
}

/// <summary><c>attune predict</c>.</summary>
internal sealed class PredictCommand : ToolCommand
{
    public override string Name => "predict";

    public override string Summary => "Ask a model of a task about rows: classes, numbers, tags, answers, texts or vectors, as JSON lines in the order of the rows.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Rows that come slowly are answered as they come; rows that are there at once are run together, those of about the same length in one batch. With on_bad_rows: skip a row that cannot be used gets a line "
        + "with its error, so that lines and rows stay side by side.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune predict --task classify --model runs/reviews --data new.csv --output labels.jsonl",
        "echo '{\"text\": \"a fine film\"}' | attune predict --task embed --model all-MiniLM-L6-v2",
    ];

    public override IReadOnlyList<string> JsonFields => ["rows", "errors", "output"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<ModelOptions>("Model", "chat_template")
        .Add<PredictOptions>("Prediction")
        .Add<TaskOptions>("Task")
        .Add<TaskColumnOptions>("Columns")
        .Add<PredictionOptions>("How predictions are made")
        .Add<TokenizationOptions>("Tokens", "train_on_inputs", "apply_chat_template", "add_eos_token", "add_special_tokens")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        ModelOptions model = context.Values.Build<ModelOptions>();
        PredictOptions options = context.Values.Build<PredictOptions>();
        if (context.Terminal.IsJson && options.Output is null)
        {
            throw new UsageException("--json prints one object at the end; give --output for the predictions");
        }

        if (options.Output is not null)
        {
            OutputPath.RequireNoneOf(options.Data, options.Output);
        }

        using var file = Formats.ModelFile.Open(CommandContext.Require(model.Model, "model", "a Hugging Face folder"));
        TaskModel task = TaskModel.Of(context, file, model.Adapter)
            ?? throw new UsageException($"task: expected one of {string.Join(", ", KnownTasks.All)}; texts are continued with attune generate");
        using ModelSession session = ModelSession.Load(file, model, context.Cancellation, load: (device, weights) => task.Load(device, weights, seed: 0));
        task.RequireTrained(session.Adapter);
        using StreamWriter? writer = options.Output is null ? null : OpenOutput(options.Output);
        var prediction = new TaskPredictions(context, task, session.Network);
        prediction.Run(options.Data, line =>
        {
            if (writer is null)
            {
                context.Terminal.Stream(line + "\n");
            }
            else
            {
                writer.Write(line + "\n");
            }
        });
        return new JsonObject { ["rows"] = prediction.Rows, ["errors"] = prediction.Errors, ["output"] = options.Output };
    }

    private static StreamWriter OpenOutput(string path)
    {
        try
        {
            return new StreamWriter(path);
        }
        catch (DirectoryNotFoundException)
        {
            throw new UsageException($"output: {path}: there is no such folder");
        }
    }
}
