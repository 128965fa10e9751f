using System.Text.Json.Nodes;
using Attune.Adapters.Methods;
using Attune.Cli.Training;
using Attune.Data;
using Attune.Data.Tasks;
using Attune.Evaluation.Prediction;
using Attune.Nn;

namespace Attune.Cli.Tasks;

/// <summary>The labelled rows of a training run for a task.</summary>
internal sealed class TaskData
{
    private readonly CommandContext _context;
    private readonly TaskExamples _train;
    private readonly TaskExamples? _given;
    private IReadOnlyList<EncodedExample> _heldOut = [];

    private TaskData(CommandContext context, TaskModel model, TaskExamples train, TaskExamples? given) => (_context, Model, _train, _given) = (context, model, train, given);

    public TaskModel Model { get; }

    /// <summary>Reads the rows and learns which classes there are.</summary>
    public static TaskData Read(CommandContext context, RunOptions run, TaskModel model)
    {
        if (run.EvalData.Count > 0 && context.Values.Build<SplitOptions>().ValSetSize > 0)
        {
            throw new UsageException("eval_data and val_set_size exclude each other: one names rows to evaluate on, the other takes them from the data");
        }

        TaskExamples train = model.Read(run.Data);
        model.Learn(train);
        return new TaskData(context, model, train, run.EvalData.Count > 0 ? model.Read(run.EvalData) : null);
    }

    /// <summary>Tokenises the rows for the model.</summary>
    public RunData Encode(Network model)
    {
        TaskDataset data = Model.Encode(_train, model);
        _context.Terminal.Note(data.Report.ToString().TrimEnd());
        if (data.Labels is { } labels)
        {
            _context.Terminal.Note($"labels: {string.Join(", ", labels.Names.Take(20))}{(labels.Names.Count > 20 ? $", ... ({labels.Names.Count})" : "")}");
        }

        IReadOnlyList<EncodedExample> train = data.Examples;
        if (_given is not null)
        {
            TaskDataset heldOut = Model.Encode(_given, model);
            _context.Terminal.Note($"held out:\n{heldOut.Report.ToString().TrimEnd()}");
            _heldOut = heldOut.Examples;
        }
        else
        {
            (train, _heldOut) = data.Split(_context.Values.Build<SplitOptions>());
        }

        return new RunData([.. Rows(train)], [.. Rows(_heldOut)], data.Report);
    }

    /// <summary>Settings of an adapter with what the task adds.</summary>
    public LoraOptions Adapt(LoraOptions options)
    {
        (string? type, IReadOnlyList<string> modules) = Model.AdapterNeeds();
        return options with { TaskType = type, ModulesToSave = options.ModulesToSave ?? (modules.Count > 0 ? modules : null) };
    }

    /// <summary>The usual figures of the task on the held-out rows; null when there are none.</summary>
    public JsonObject? Score(Network model)
    {
        if (_heldOut.Count == 0)
        {
            return null;
        }

        TaskPredictor predictor = Model.Predictor(model);
        IReadOnlyList<KeyValuePair<string, double>> figures = predictor.Score(_heldOut, predictor.Predict(_heldOut, _context.Cancellation), _context.Cancellation);
        _context.Terminal.Result(TaskFigures.Line(figures));
        return TaskFigures.ToJson(figures);
    }

    private static IEnumerable<Data.Tokenization.TokenRow> Rows(IEnumerable<EncodedExample> examples) => examples.SelectMany(example => example.Rows).Select(row => row.Tokens);
}
