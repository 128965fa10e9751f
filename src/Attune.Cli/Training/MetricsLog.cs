using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Training;

namespace Attune.Cli.Training;

/// <summary>The log of a run as JSON lines, in <c>metrics.jsonl</c>: one line for each entry, at once.</summary>
internal sealed class MetricsLog(string folder) : ITrainingObserver, IDisposable
{
    public const string FileName = "metrics.jsonl";

    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly string _path = Path.Combine(folder, FileName);
    private StreamWriter? _writer;

    public void OnStart(in TrainingPlan plan)
    {
        // What an interrupted run logged behind its last checkpoint is done again.
        long first = plan.FirstStep;
        string[] kept = File.Exists(_path) && first > 0 ? [.. File.ReadLines(_path).Where(line => StepOf(line) <= first)] : [];
        AtomicFile.WriteAllText(_path, string.Concat(kept.Select(line => line + "\n")));
        _writer = new StreamWriter(_path, append: true) { AutoFlush = true };
    }

    public void OnLog(LogEntry entry) => _writer?.WriteLine(JsonSerializer.Serialize(entry, SnakeCase));

    public void Dispose() => _writer?.Dispose();

    // A line that a crash cut in half counts as one that is done again.
    private static long StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<long>() ?? long.MaxValue;
        }
        catch (JsonException)
        {
            return long.MaxValue;
        }
    }
}
