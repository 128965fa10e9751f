using Attune.Training;

namespace Attune.Cli.Runs.TensorBoard;

/// <summary>The log of a run as event files of TensorBoard, in the run's folder <c>tensorboard</c>.</summary>
internal sealed class EventLog(string folder) : ITrainingObserver, IDisposable
{
    public const string FolderName = "tensorboard";

    private EventFile? _file;
    private double _seconds;
    private long _tokens;

    public void OnStart(in TrainingPlan plan) => _file = new EventFile(Path.Combine(folder, FolderName), plan.FirstStep + 1);

    public void OnStep(in StepReport step)
    {
        _seconds += step.Seconds;
        _tokens += step.InputTokens;
    }

    public void OnLog(LogEntry entry)
    {
        if (entry.EvalLoss is { } evalLoss)
        {
            _file?.Write(entry.Step, ("eval/loss", evalLoss));
        }

        if (entry is { Loss: { } loss, GradNorm: { } norm, LearningRate: { } rate })
        {
            _file?.Write(
                entry.Step, ("train/loss", loss), ("train/grad_norm", norm), ("train/learning_rate", rate), ("train/epoch", entry.Epoch), ("train/tokens_per_second", _tokens / Math.Max(_seconds, 1e-9)));
            (_seconds, _tokens) = (0, 0);
        }
    }

    public void Dispose() => _file?.Dispose();
}
