using Attune.Training;

namespace Attune.Cli.Training;

/// <summary>What the steps between two entries of the log cost.</summary>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="Time">When.</param>
/// <param name="Steps">Steps since the entry before.</param>
/// <param name="Seconds">Their time, without evaluations and saving.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="RssBytes">The most memory that the process had held by then.</param>
internal sealed record TimingEntry(long Step, DateTimeOffset Time, int Steps, double Seconds, long Tokens, long RssBytes);

/// <summary>What a run costs, as JSON lines in <c>timing.jsonl</c>: apart from <c>metrics.jsonl</c>, which is the same whenever the run is done again.</summary>
internal sealed class TimingLog(string folder) : ITrainingObserver, IDisposable
{
    public const string FileName = "timing.jsonl";

    private readonly string _path = Path.Combine(folder, FileName);
    private StreamWriter? _writer;
    private int _steps;
    private double _seconds;
    private long _tokens;

    /// <summary>Reads the file of a run.</summary>
    public static IReadOnlyList<TimingEntry> Read(string folder) => LogLines.Read<TimingEntry>(Path.Combine(folder, FileName));

    public void OnStart(in TrainingPlan plan)
    {
        long first = plan.FirstStep;
        LogLines.Write(_path, Read(folder).Where(entry => entry.Step <= first));
        _writer = new StreamWriter(_path, append: true) { AutoFlush = true };
    }

    public void OnStep(in StepReport step)
    {
        _steps++;
        _seconds += step.Seconds;
        _tokens += step.InputTokens;
    }

    public void OnLog(LogEntry entry)
    {
        if (entry.Loss is not null)
        {
            _writer?.WriteLine(LogLines.Of(new TimingEntry(entry.Step, DateTimeOffset.UtcNow, _steps, _seconds, _tokens, Memory.PeakBytes())));
            (_steps, _seconds, _tokens) = (0, 0, 0);
        }
    }

    public void Dispose() => _writer?.Dispose();
}
