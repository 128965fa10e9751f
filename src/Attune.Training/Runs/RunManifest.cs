using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Training.Checkpoints;

namespace Attune.Training.Runs;

/// <summary>What a run was made from, by whom and with what result: <c>manifest.json</c> of its folder.</summary>
public sealed record RunManifest
{
    /// <summary>Name of its file.</summary>
    public const string FileName = "manifest.json";

    private const int Version = 1;
    private const long MaxBytes = 64L << 20;

    /// <summary>Version of this layout.</summary>
    public int Format { get; init; } = Version;

    /// <summary>The command of the tool that reads the run's recipe, such as <c>train</c>.</summary>
    public required string Command { get; init; }

    /// <summary>When the run was begun.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The code.</summary>
    public required RunCode Code { get; init; }

    /// <summary>Instruction tier; the same recipe gives the same bits on the same tier.</summary>
    public required string Tier { get; init; }

    /// <summary>The machine.</summary>
    public required RunHost Host { get; init; }

    /// <summary>Every seed by its name.</summary>
    public required IReadOnlyDictionary<string, long> Seeds { get; init; }

    /// <summary>The resolved recipe: every key that has a value.</summary>
    public required JsonObject Recipe { get; init; }

    /// <summary>The files of the model.</summary>
    public required IReadOnlyList<RunFile> Model { get; init; }

    /// <summary>The data files, in the order in which they were read.</summary>
    public required IReadOnlyList<RunFile> Data { get; init; }

    /// <summary>The held-out data files.</summary>
    public required IReadOnlyList<RunFile> EvalData { get; init; }

    /// <summary>What it was foretold to take; null where that was not asked.</summary>
    public RunForecast? Forecast { get; init; }

    /// <summary>When it was gone on with.</summary>
    public IReadOnlyList<RunResumption> Resumed { get; init; } = [];

    /// <summary>How it ended; null while it has not.</summary>
    public RunEnd? End { get; init; }

    /// <summary>Keys of the recipe that change neither the weights nor the order of anything, or whose meaning is compared by contents.</summary>
    public static IReadOnlyList<string> FreeKeys { get; } =
        ["model", "data", "eval_data", "chat_template", "output", "threads", "memory", "samples", "logging_steps", "save_strategy", "save_steps", "save_total_limit"];

    /// <summary>Whether a folder has a manifest.</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads the manifest of a run; null when the folder has none.</summary>
    /// <exception cref="TrainingException">The file is not a manifest.</exception>
    public static RunManifest? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new JsonException($"it has more than {MaxBytes} bytes");
            }

            RunManifest? manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), TrainingJson.Default.RunManifest);
            manifest = manifest is { Format: Version } ? manifest : throw new JsonException($"expected format {Version}, found {manifest?.Format.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}");
            manifest.RequireEntries();
            return manifest;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new TrainingException($"{path}: not the manifest of a run: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes the manifest, complete or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string folder) => AtomicFile.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, TrainingJson.Default.RunManifest));

    /// <summary>What is different in another manifest, so that a run begun with this one cannot end with the same bits there.</summary>
    public IReadOnlyList<RunChange> ChangesTo(RunManifest now)
    {
        var changes = new List<RunChange>();
        foreach (RunFile file in now.Model)
        {
            RunFile? before = Model.FirstOrDefault(other => other.Path == file.Path);
            if (before?.HasContentsOf(file) != true)
            {
                changes.Add(new RunChange("model", before is null ? $"found {file}, which was not there" : $"found {file}, the run was begun with {before}"));
            }
        }

        changes.AddRange(Model.Where(before => now.Model.All(file => file.Path != before.Path)).Select(before => new RunChange("model", $"{before} is no longer there")));
        AddFiles(changes, "data", Data, now.Data);
        AddFiles(changes, "eval_data", EvalData, now.EvalData);
        foreach (string key in Recipe.Select(pair => pair.Key).Union(now.Recipe.Select(pair => pair.Key)).Where(key => !FreeKeys.Contains(key)))
        {
            if (!JsonNode.DeepEquals(Recipe[key], now.Recipe[key]))
            {
                changes.Add(new RunChange("recipe", $"{key} is {Text(now.Recipe[key])}, was {Text(Recipe[key])}"));
            }
        }

        if (Tier != now.Tier)
        {
            changes.Add(new RunChange("tier", $"it is {now.Tier}, was {Tier}, which rounds differently; ATTUNE_TIER={Tier} chooses it where the processor has it"));
        }

        if (Code != now.Code)
        {
            changes.Add(new RunChange("code", $"it is {now.Code}, was {Code}"));
        }

        return changes;
    }

    /// <summary>Nulls in lists are all that the reader of JSON lets through.</summary>
    private void RequireEntries()
    {
        Require("model", Model);
        Require("data", Data);
        Require("eval_data", EvalData);
        Require("resumed", Resumed);
        Require("resumed.changes", Resumed.SelectMany(resumed => resumed.Changes));
        Require("end.files", End?.Files ?? []);

        static void Require(string name, IEnumerable<object?> entries)
        {
            if (entries.Contains(null))
            {
                throw new JsonException($"{name}: expected no null in the list, found one");
            }
        }
    }

    private static void AddFiles(List<RunChange> changes, string part, IReadOnlyList<RunFile> before, IReadOnlyList<RunFile> now)
    {
        if (before.Count != now.Count)
        {
            changes.Add(new RunChange(part, $"there are {now.Count} files, were {before.Count}"));
            return;
        }

        changes.AddRange(before.Zip(now).Where(pair => !pair.First.HasContentsOf(pair.Second)).Select(pair => new RunChange(part, $"found {pair.Second}, the run was begun with {pair.First}")));
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "not set";
}
