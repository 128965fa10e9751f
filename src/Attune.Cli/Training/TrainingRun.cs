using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Planning;
using Attune.Cli.Runs.Report;
using Attune.Cli.Tasks;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Evaluation.Tasks;
using Attune.Formats;
using Attune.Tensors;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Cli.Training;

/// <summary>One run of <c>attune train</c>, from the options to the files that it leaves.</summary>
internal sealed class TrainingRun
{
    private readonly CommandContext _context;
    private readonly string _command;
    private readonly RunOptions _run;
    private readonly ModelOptions _model;
    private readonly TrainingMethod _method;
    private readonly string _output;

    /// <summary>Checks everything that can be checked without reading the model.</summary>
    /// <exception cref="UsageException">Something is missing or contradicts something else.</exception>
    /// <param name="context">The options.</param>
    /// <param name="command">The command that reads the run's recipe.</param>
    public TrainingRun(CommandContext context, string command = "train")
    {
        _context = context;
        _command = command;
        _run = context.Values.Build<RunOptions>();
        _model = context.Values.Build<ModelOptions>();
        _method = TrainingMethod.Of(_run.Method, _run.Trainable);
        _output = CommandContext.Require(_run.Output, "output", "a folder for the run");
        if (_run.Data.Count == 0)
        {
            throw new UsageException("--data is missing; give the data files");
        }

        if (File.Exists(_output))
        {
            throw new UsageException($"output: {_output} is a file; give a folder");
        }

        if (_run.Resume == "never" && RunRecord.IsUsed(_output))
        {
            throw new UsageException(RunRecord.InUse(_output));
        }

        if (_run.LoadIn8Bit && !_method.IsAdapter)
        {
            throw new UsageException(TrainingMethod.OnlyAdaptersIn8Bit);
        }

        if (_run.Samples is < 0 or > 100)
        {
            throw new UsageException($"samples: expected a number from 0 to 100, found {_run.Samples}");
        }

        Options().Validate();
        context.Values.Build<BatchOptions>().Validate();
    }

    /// <summary>Trains.</summary>
    /// <exception cref="OperationCanceledException">The run was stopped; a checkpoint is there to go on from.</exception>
    public JsonObject Run()
    {
        using ModelFile file = ModelFile.Open(CommandContext.Require(_model.Model, "model", "a Hugging Face folder or a GGUF file"));
        Complete(file);
        TaskData? task = TaskModel.Of(_context, file) is { } model ? TaskData.Read(_context, _run, model) : null;
        ModelText? text = task is null ? ModelText.Open(file, _model.ChatTemplate) : null;
        if (text is null && _run.Samples > 0)
        {
            throw new UsageException("samples: only models that continue texts answer rows; leave it out with a task");
        }

        RunData? rows = text is null ? null : RunData.Load(_context, _run, text);
        RunPlan? plan = null;
        if (_context.LastStep is null)
        {
            try
            {
                (plan, rows) = Foretell(file, task, rows);
                _context.Terminal.Note(plan.ToString());
            }
            catch (TensorException error)
            {
                // A model whose work depends on numbers that it computes can run all the same.
                _context.Terminal.Warn($"attune: warning: what the run takes cannot be foretold: {error.Message}");
            }
        }

        double? plainLoss = plan is { ComparesLoss: true } ? PlainLoss(task, rows!) : null;
        if (_run.LoadIn8Bit && plainLoss is null && _context.LastStep is null)
        {
            _context.Terminal.Warn("attune: warning: what 8-bit weights do to the loss is not measured: the memory that the model would take without them is not there, or could not be foretold");
        }

        using ModelSession session = Load(file, task, _run.LoadIn8Bit);
        RunData data = rows ?? task!.Encode(session.Network);
        EightBitEffect? effect = plainLoss is { } plain ? Compare(session, task, data, plain) : null;
        if (_method.IsAdapter)
        {
            session.Adapter = RunModel.Adapt(_context, session.Network, task);
        }

        _context.Terminal.Note($"{session.Tier}, {session.Threads} threads, {session.Network.Compute.SafetensorsName}");
        _context.Terminal.Note(ParameterCount.Of(session.Network, session.Adapter).ToString());
        using RunRecord record = RunRecord.Begin(_context, session, data.Report, plan?.ToForecast(), _command);
        RunSamples? samples = text is null || _context.LastStep is not null ? null : new RunSamples(_output, session, text, _context.Cancellation);
        samples?.AnswerBefore(data.HeldOut, _run.Samples);
        JsonObject result = Train(session, data, task, record);
        result["load_in_8bit"] = effect?.ToJson();
        samples?.AnswerAfter(data.HeldOut);
        if (_context.LastStep is null)
        {
            RunReport.Write(_output);
        }

        return result;
    }

    /// <summary>Foretells what the run takes, without doing it.</summary>
    /// <exception cref="UsageException">It does not fit into memory.</exception>
    public RunPlan Plan()
    {
        using ModelFile file = ModelFile.Open(CommandContext.Require(_model.Model, "model", "a Hugging Face folder or a GGUF file"));
        Complete(file);
        TaskData? task = TaskModel.Of(_context, file) is { } model ? TaskData.Read(_context, _run, model) : null;
        return Foretell(file, task, task is null ? RunData.Load(_context, _run, ModelText.Open(file, _model.ChatTemplate)) : null, isTimed: true).Plan;
    }

    private (RunPlan Plan, RunData Data) Foretell(ModelFile file, TaskData? task, RunData? rows, bool isTimed = false)
    {
        var planner = new RunPlanner(_context, new RunModel(_context, file, _method, task));
        RunData data = rows ?? planner.Encode(task!);
        RunPlan plan = planner.Plan(data, _run.Memory is { } memory ? MemorySize.Parse(memory, "memory") : null);
        plan = isTimed ? plan with { SecondsPerStep = planner.MeasureSecondsPerStep(data) } : plan;
        return (plan, data);
    }

    private ModelSession Load(ModelFile file, TaskData? task, bool in8Bit) => ModelSession.Load(
        file, _model, _context.Cancellation, training: true, _method.IsTrainable, _run.Profile, task is null ? null : (device, weights) => task.Model.Load(device, weights, (ulong)Options().Seed), in8Bit);

    /// <summary>The loss of the model as it is in its files, on the rows that 8-bit weights are then compared on.</summary>
    private double PlainLoss(TaskData? task, RunData data)
    {
        using ModelSession session = Load(ModelFile.Open(_model.Model!), task, in8Bit: false);
        BatchOptions batches = _context.Values.Build<BatchOptions>();
        return EightBitEffect.Measure(session.Network, task, EightBitEffect.Sample(data, batches), batches);
    }

    private EightBitEffect Compare(ModelSession session, TaskData? task, RunData data, double plainLoss)
    {
        BatchOptions batches = _context.Values.Build<BatchOptions>();
        IReadOnlyList<TokenRow> rows = EightBitEffect.Sample(data, batches);
        var effect = new EightBitEffect(EightBitEffect.Measure(session.Network, task, rows, batches), plainLoss, rows.Count);
        _context.Terminal.Note(effect.ToString());
        return effect;
    }

    private JsonObject Train(ModelSession session, RunData data, TaskData? task, RunRecord record)
    {
        var progress = new ProgressObserver(_context.Terminal);
        BatchOptions batches = _context.Values.Build<BatchOptions>();
        int maxLength = _context.Values.Build<TokenizationOptions>().MaxLength;
        DataLoader rows = data.TrainBatches(batches, maxLength);
        DataLoader? heldOut = data.HeldOutBatches(batches, maxLength);
        TrainedWeights weights = RunModel.WeightsOf(session.Network, session.Adapter);
        TrainingResult result;
        List<ITrainingObserver> observers = [progress, record, .. record.Logs];
        if (session.Profiling is { } profiling)
        {
            observers.Add(new ProfileObserver(profiling, _output, _context.Terminal));
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(_context.Cancellation);
        if (_context.LastStep is { } lastStep)
        {
            observers.Add(new StopObserver(end, lastStep));
        }

        IObjective objective = RunModel.ObjectiveOf(session.Network, task);
        using (var trainer = new Trainer(Options(), objective, weights, rows, heldOut, observers))
        {
            result = trainer.Run(end.Token);
        }

        if (result.Outcome == TrainingOutcome.Cancelled && result.GlobalStep == _context.LastStep)
        {
            return new JsonObject { ["output"] = _output, ["last_checkpoint"] = result.LastCheckpoint };
        }

        if (result.Outcome == TrainingOutcome.Cancelled)
        {
            _context.Terminal.Warn($"attune: stopped behind step {result.GlobalStep}; go on with: attune {_command} {Path.Combine(_output, RunRecord.RecipeName)} --resume auto");
            RunReport.Write(_output);
            throw new OperationCanceledException();
        }

        // What follows has other shapes; the blocks of training would stay beside its own.
        session.Network.Device.TrimMemory();
        Save(session, task);
        double? evalLoss = heldOut is null ? null : EvalLoss(session, data, result, task is null ? null : () => Evaluator.MeanLoss(objective, heldOut));
        JsonObject? figures = task?.Score(session.Network);
        record.Complete(result, evalLoss);
        double rate = progress.TokensPerSecond;
        _context.Terminal.Result(FormattableString.Invariant(
            $"{_output}: {result.GlobalStep:N0} steps, train_loss {result.TrainLoss:F4}{(evalLoss is null ? "" : FormattableString.Invariant($", eval_loss {evalLoss:F4}"))}, {rate:N0} tokens/s"));
        return new JsonObject
        {
            ["output"] = _output,
            ["steps"] = result.GlobalStep,
            ["train_loss"] = result.TrainLoss,
            ["eval_loss"] = evalLoss,
            ["metrics"] = figures,
            ["tokens_per_second"] = rate,
            ["peak_rss_bytes"] = Memory.PeakBytes(),
            ["forecast_memory_bytes"] = record.Forecast?.MemoryBytes,
            ["tier"] = session.Tier,
            ["early_stopped"] = result.Outcome == TrainingOutcome.EarlyStopped,
            ["last_checkpoint"] = result.LastCheckpoint,
            ["rows"] = JsonNode.Parse(data.Report.ToJson()),
        };
    }

    /// <summary>The trainer's options with what the command decides.</summary>
    private TrainingOptions Options() => _context.Values.Build<TrainingOptions>() with
    {
        OutputDir = _run.Output,
        ResumeFromCheckpoint = _run.Resume == "never" ? null : _run.Resume,
    };

    /// <summary>Fills in what depends on the model or on other values, so that the resolved recipe has it.</summary>
    private void Complete(ModelFile file)
    {
        OptionValues values = _context.Values;
        if (!values.Has("data_seed"))
        {
            values.Set("data_seed", Options().Seed);
        }

        int context = file.Config.GetPositive("max_position_embeddings", int.MaxValue);
        int asked = values.Build<TokenizationOptions>().MaxLength;
        if (asked > context && values.Has("max_length"))
        {
            throw new UsageException($"max_length: the model was made for {context} tokens, found {asked}");
        }

        values.Set("max_length", Math.Min(asked, context));
    }

    private void Save(ModelSession session, TaskData? task)
    {
        if (session.Adapter is { } adapter)
        {
            AdapterFolder.Write(adapter, _output);
            task?.Model.WriteFiles(_output);
            return;
        }

        using var weights = new ParameterSource(session.Network, session.File.Path);
        ModelWriter.WriteFolder(_output, session.File, weights, DType.F32, task?.Model.Config);
    }

    // The last evaluation of the run serves when nothing was trained after it.
    private static double EvalLoss(ModelSession session, RunData data, TrainingResult result, Func<double>? meanLoss)
    {
        LogEntry? last = result.LogHistory.LastOrDefault(entry => entry.EvalLoss is not null);
        return last is { EvalLoss: { } loss } && last.Step == result.GlobalStep && result.BestGlobalStep is null
            ? loss
            : meanLoss?.Invoke() ?? HeldOutLossTask.Run(session.Model, data.HeldOut).Loss;
    }
}
