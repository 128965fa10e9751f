using Attune.Formats;
using Attune.Tensors.Backends;
using Attune.Training;
using Attune.Training.Profiling;

namespace Attune.Cli.Training;

/// <summary>Profiles some steps near the start of a run and says where their time went.</summary>
internal sealed class ProfileObserver(ProfilingBackend backend, string folder, Terminal terminal) : ITrainingObserver
{
    private const int WarmUp = 2;
    private const int Steps = 5;

    private readonly List<ProfiledCall> _calls = [];
    private long _lastStep;
    private int _seen;
    private double _seconds;

    public void OnStart(in TrainingPlan plan)
    {
        _lastStep = plan.TotalSteps;
        backend.Clear();
    }

    public void OnStep(in StepReport step)
    {
        if (backend.IsPaused)
        {
            return;
        }

        if (++_seen > WarmUp)
        {
            _calls.AddRange(backend.Calls);
            _seconds += step.Seconds;
        }

        backend.Clear();
        if (_seen < WarmUp + Steps && step.Step < _lastStep)
        {
            return;
        }

        backend.IsPaused = true;
        if (_calls.Count == 0)
        {
            terminal.Warn($"attune: --profile: the run has no step behind the {WarmUp} that warm up");
            return;
        }

        var profile = new OperationProfile(_calls, _seen - WarmUp, _seconds);
        string table = profile.ToTable();
        AtomicFile.WriteAllText(Path.Combine(folder, "profile.txt"), table);
        using (FileStream trace = File.Create(Path.Combine(folder, "profile.trace.json")))
        {
            profile.WriteTrace(trace);
        }

        terminal.Note(table);
    }
}
