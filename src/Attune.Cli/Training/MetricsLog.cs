using Attune.Training;

namespace Attune.Cli.Training;

/// <summary>The log of a run as JSON lines, in <c>metrics.jsonl</c>: one line for each entry, at once.</summary>
internal sealed class MetricsLog(string folder) : ITrainingObserver, IDisposable
{
    public const string FileName = "metrics.jsonl";

    private readonly string _path = Path.Combine(folder, FileName);
    private StreamWriter? _writer;

    public void OnStart(in TrainingPlan plan)
    {
        // The checkpoint has the log of its steps: what an interrupted run logged behind it is done again, and what a failing system lost of the file is put back.
        LogLines.Write(_path, plan.LogHistory);
        _writer = new StreamWriter(_path, append: true) { AutoFlush = true };
    }

    public void OnLog(LogEntry entry) => _writer?.WriteLine(LogLines.Of(entry));

    public void Dispose() => _writer?.Dispose();
}
