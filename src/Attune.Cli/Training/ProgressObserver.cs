using System.Diagnostics;
using System.Globalization;
using Attune.Training;

namespace Attune.Cli.Training;

/// <summary>Shows how a run goes: step, loss and its curve, learning rate, tokens per second, time left; one line that changes on a terminal, a line for each log entry elsewhere.</summary>
internal sealed class ProgressObserver(Terminal terminal) : ITrainingObserver
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Sparkline _losses = new();
    private long _totalSteps;
    private long _stepsDone;
    private long _tokens;
    private double _seconds;
    private long _shown;

    /// <summary>Tokens per second of all steps of this process; 0 before the first.</summary>
    public double TokensPerSecond => _seconds > 0 ? _tokens / _seconds : 0;

    public void OnStart(in TrainingPlan plan)
    {
        _totalSteps = plan.TotalSteps;
        terminal.Note(plan.FirstStep > 0
            ? Invariant($"going on behind step {plan.FirstStep:N0} of {plan.TotalSteps:N0}")
            : Invariant($"{plan.TotalSteps:N0} steps, {plan.StepsPerEpoch:N0} in an epoch"));
    }

    public void OnStep(in StepReport step)
    {
        _stepsDone++;
        _tokens += step.InputTokens;
        _seconds += step.Seconds;
        _losses.Add(step.Loss);
        if (!terminal.IsLive || Stopwatch.GetElapsedTime(_shown) < Pause)
        {
            return;
        }

        _shown = Stopwatch.GetTimestamp();
        terminal.Live(Line(step.Step, step.Loss, step.LearningRate, terminal.IsUnicode ? $" {_losses}" : ""));
    }

    public void OnLog(LogEntry entry)
    {
        if (entry.EvalLoss is { } evalLoss)
        {
            terminal.Note(Invariant($"step {entry.Step:N0}/{_totalSteps:N0}  eval_loss {evalLoss:F4}"));
        }
        else if (!terminal.IsLive)
        {
            terminal.Note(Line(entry.Step, entry.Loss ?? 0, entry.LearningRate ?? 0));
        }
    }

    public void OnCheckpoint(string path) => terminal.Note($"saved {path}");

    public void OnWarning(string message) => terminal.Warn($"attune: warning: {message}");

    private string Line(long step, double loss, double learningRate, string curve = "")
    {
        var left = TimeSpan.FromSeconds(_seconds / Math.Max(1, _stepsDone) * (_totalSteps - step));
        return Invariant($"step {step:N0}/{_totalSteps:N0}  loss {loss:F4}{curve}  lr {learningRate:0.00e+0}  {TokensPerSecond:N0} tokens/s  {Sizes.Text(left)} left");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
