namespace Attune.Training.Tests;

/// <summary>Remembers what a run told, and can act after a step.</summary>
internal sealed class Watcher(Action<StepReport>? afterStep = null) : ITrainingObserver
{
    public List<StepReport> Steps { get; } = [];

    public List<string> Checkpoints { get; } = [];

    public List<string> Warnings { get; } = [];

    public TrainingPlan Plan { get; private set; }

    public void OnStart(in TrainingPlan plan) => Plan = plan;

    public void OnStep(in StepReport step)
    {
        Steps.Add(step);
        afterStep?.Invoke(step);
    }

    public void OnCheckpoint(string path) => Checkpoints.Add(Path.GetFileName(path));

    public void OnWarning(string message) => Warnings.Add(message);
}
