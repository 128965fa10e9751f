using System.Diagnostics;
using Attune.Data.Batching;
using Attune.Tensors;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;
using Attune.Training.Schedules;

namespace Attune.Training;

/// <summary>
/// The training loop: learning rate, micro-steps, clip, step, log, evaluate and save. Evaluation comes last because the next learning rate may depend on it and a
/// resumed run must not repeat it.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly IObjective _objective;
    private readonly TrainedWeights _weights;
    private readonly DataLoader _data;
    private readonly DataLoader? _heldOut;
    private readonly ITrainingObserver _observer;
    private readonly long _totalSteps;
    private readonly Schedule _schedule;
    private readonly TrainingStep _step;
    private TrainerState _state = new();
    private string? _lastCheckpoint;

    /// <summary>Prepares a run.</summary>
    /// <param name="options">How it goes.</param>
    /// <param name="objective">What is made smaller.</param>
    /// <param name="weights">What is trained.</param>
    /// <param name="data">The batches.</param>
    /// <param name="heldOut">The batches of evaluations; null when there are none.</param>
    /// <param name="observers">Who watches.</param>
    /// <exception cref="TrainingException">The options contradict each other or the other arguments.</exception>
    public Trainer(
        TrainingOptions options, IObjective objective, TrainedWeights weights, DataLoader data, DataLoader? heldOut = null, params IReadOnlyList<ITrainingObserver> observers)
    {
        options.Validate();
        Check.Require(weights.Parameters.Count > 0, "no parameter is trained; choose a method or patterns that match some.");
        Check.Require(options.Evaluation.EvalStrategy == "no" || heldOut is not null, $"eval_strategy is {options.Evaluation.EvalStrategy}, but there are no held-out rows.");
        (_options, _objective, _weights, _data, _heldOut, _observer) = (options, objective, weights, data, heldOut, new Observers(observers));
        _totalSteps = options.TotalSteps(data.StepsPerEpoch);
        _schedule = options.Optimizer.CreateSchedule(_totalSteps);
        _step = new TrainingStep(options, objective, weights);
    }

    private bool IsStopped => _state.EarlyStoppingPatienceCounter >= (_options.Evaluation.EarlyStoppingPatience ?? int.MaxValue);

    /// <summary>Runs to the end, or until it is cancelled.</summary>
    /// <exception cref="TrainingException">A checkpoint cannot be resumed, or the loss or the gradient is no longer a finite number; the last checkpoint stays.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written.</exception>
    public TrainingResult Run(CancellationToken cancellation = default)
    {
        Start();
        while (_state.GlobalStep < _totalSteps && !IsStopped && !cancellation.IsCancellationRequested)
        {
            long started = Stopwatch.GetTimestamp();
            double learningRate = _schedule.LearningRate(_state.GlobalStep);
            DataCursor cursor = _state.Cursor;
            (double loss, long targets, long tokens) = _step.Collect(_data.ReadStep(ref cursor), _state.GlobalStep);
            _state.Cursor = cursor;
            double norm = 0;
            if (targets > 0)
            {
                norm = _step.Norm();
                RequireFinite(loss, norm);
                _step.Update(learningRate, norm);
            }

            _state.GlobalStep++;
            Log(new StepReport(
                _state.GlobalStep, _data.EpochAt(_state.Cursor), loss, norm, learningRate, targets, tokens, Stopwatch.GetElapsedTime(started).TotalSeconds));
            EvaluateAndSave();
        }

        return Finish();
    }

    /// <summary>Frees the optimiser's memory; the trained weights stay.</summary>
    public void Dispose() => _step.Dispose();

    private void Log(in StepReport report)
    {
        _state.NumInputTokensSeen += report.InputTokens;
        if (report.Targets == 0)
        {
            _state.SkippedSteps++;
        }
        else
        {
            _state.TotalLoss += report.Loss;
            _state.LossSinceLog += report.Loss;
            _state.StepsSinceLog++;
        }

        _observer.OnStep(report);
        if (report.Step % _options.LoggingSteps == 0 && _state.StepsSinceLog > 0)
        {
            double loss = _state.LossSinceLog / _state.StepsSinceLog;
            (_state.LossSinceLog, _state.StepsSinceLog) = (0, 0);
            Add(new LogEntry { Step = report.Step, Epoch = report.Epoch, Loss = loss, GradNorm = report.GradNorm, LearningRate = report.LearningRate });
        }
    }

    private void EvaluateAndSave()
    {
        bool isBest = false;
        if (IsDue(_options.Evaluation.EvalStrategy, _options.Evaluation.EvalSteps))
        {
            double loss = Evaluator.MeanLoss(_objective, _heldOut!);
            _schedule.Observe(loss);
            isBest = _state.Evaluated(loss, _options.Evaluation);
            Add(new LogEntry { Step = _state.GlobalStep, Epoch = _data.EpochAt(_state.Cursor), EvalLoss = loss });
        }

        string strategy = _options.Saving.SaveStrategy;
        bool isLast = _state.GlobalStep == _totalSteps && strategy == "steps";
        if (isLast || IsDue(strategy, _options.Saving.SaveSteps) || (isBest && (strategy == "best" || _options.Evaluation.LoadBestModelAtEnd)))
        {
            Save();
        }
    }

    /// <summary>Whether something that happens every so often happens after this step.</summary>
    private bool IsDue(string strategy, int steps) => strategy switch
    {
        "steps" => _state.GlobalStep % steps == 0,
        "epoch" => _state.Cursor.Index == 0 || _state.GlobalStep == _totalSteps,
        _ => false,
    };

    private void Save()
    {
        if (_options.OutputDir is not { } folder)
        {
            return;
        }

        _state.ScheduleState = _schedule.State;
        try
        {
            _lastCheckpoint = CheckpointFolders.Save(folder, _weights, _step.Optimizer, _state, _options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"the checkpoint of step {_state.GlobalStep} could not be written: {error.Message} ({Kept()}). Make room or give write access, then go on with resume_from_checkpoint = auto.", error);
        }

        _observer.OnCheckpoint(_lastCheckpoint);
    }

    private void Start()
    {
        _lastCheckpoint = RunStart.FindCheckpoint(_options, _observer.OnWarning);
        if (_lastCheckpoint is { } path)
        {
            _state = Checkpoint.Read(path, _weights, _step.Optimizer);
            _schedule.State = _state.ScheduleState;
        }

        // What loading the model has left over has other sizes than the tensors of a step.
        _weights.Device.TrimMemory();
        _observer.OnStart(new TrainingPlan(_totalSteps, _data.StepsPerEpoch, _state.GlobalStep, _weights.Parameters.Sum(parameter => parameter.Count), [.. _state.LogHistory]));
    }

    private TrainingResult Finish()
    {
        TrainingOutcome outcome = IsStopped ? TrainingOutcome.EarlyStopped : _state.GlobalStep < _totalSteps ? TrainingOutcome.Cancelled : TrainingOutcome.Completed;
        if (outcome == TrainingOutcome.Cancelled && _options.OutputDir is { } folder && _lastCheckpoint != CheckpointFolders.PathOf(folder, _state.GlobalStep))
        {
            Save();
        }
        else if (outcome != TrainingOutcome.Cancelled && _options.Evaluation.LoadBestModelAtEnd && _state.BestGlobalStep is { } best)
        {
            string path = CheckpointFolders.PathOf(_options.OutputDir!, best);
            Checkpoint.Verify(path);
            _weights.Read(path);
        }

        return TrainingResult.From(_state, outcome, _lastCheckpoint);
    }

    private void RequireFinite(double loss, double norm)
    {
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new TrainingException(
                $"step {_state.GlobalStep + 1}: the loss is {loss} and the gradient's norm {norm}, which no update can come from; the weights were not changed, {Kept()}. Lower the learning rate, lengthen the warm-up or look at the rows of this step.");
        }
    }

    private string Kept() => _lastCheckpoint is null ? "no checkpoint was saved" : $"the last checkpoint is {_lastCheckpoint}";

    private void Add(LogEntry entry)
    {
        _state.LogHistory.Add(entry);
        _observer.OnLog(entry);
    }
}
