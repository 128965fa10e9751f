using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Data.Tasks;
using Attune.Evaluation.Prediction;
using Attune.Formats;

namespace Attune.Cli.Tasks;

/// <summary>The usual figures of a task on labelled rows.</summary>
internal static class TaskEvaluation
{
    /// <summary>Loads the model, asks it and scores its predictions.</summary>
    /// <exception cref="UsageException">There are no rows to score.</exception>
    public static JsonObject Run(CommandContext context, TaskModel task, ModelFile file, ModelOptions options, IReadOnlyList<string> data)
    {
        if (data.Count == 0)
        {
            throw new UsageException("--data is missing; a task is scored on rows with labels");
        }

        TaskExamples examples = task.Read(data);
        if (task.IsRegression)
        {
            task.Learn(examples);
        }

        using ModelSession session = ModelSession.Load(file, options, context.Cancellation, load: (device, weights) => task.Load(device, weights, seed: 0));
        task.RequireTrained(session.Adapter);
        TaskDataset rows = task.Encode(examples, session.Network);
        context.Terminal.Note(rows.Report.ToString().TrimEnd());
        TaskPredictor predictor = task.Predictor(session.Network);
        IReadOnlyList<KeyValuePair<string, double>> figures = predictor.Score(rows.Examples, predictor.Predict(rows.Examples, context.Cancellation), context.Cancellation);
        context.Terminal.Result($"{TaskFigures.Line(figures)}, {rows.Examples.Count} rows");
        JsonObject result = TaskFigures.ToJson(figures);
        result["rows"] = rows.Examples.Count;
        return result;
    }
}
