namespace Attune.Training;

/// <summary>Tells several observers as one.</summary>
internal sealed class Observers(IReadOnlyList<ITrainingObserver> observers) : ITrainingObserver
{
    private readonly ITrainingObserver[] _observers = [.. observers];

    public void OnStart(in TrainingPlan plan)
    {
        foreach (ITrainingObserver observer in _observers)
        {
            observer.OnStart(plan);
        }
    }

    public void OnStep(in StepReport step)
    {
        foreach (ITrainingObserver observer in _observers)
        {
            observer.OnStep(step);
        }
    }

    public void OnLog(LogEntry entry) => Array.ForEach(_observers, observer => observer.OnLog(entry));

    public void OnCheckpoint(string path) => Array.ForEach(_observers, observer => observer.OnCheckpoint(path));

    public void OnWarning(string message) => Array.ForEach(_observers, observer => observer.OnWarning(message));
}
