using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Training.Runs;

namespace Attune.Training.Tests;

public sealed class RunManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_what_it_wrote()
    {
        Example().Write(_folder.Path);
        RunManifest read = RunManifest.Read(_folder.Path)!;
        Assert.Empty(read.ChangesTo(Example()));
        Assert.Equal(["data"], Assert.Single(read.Resumed).Changes);
        Assert.Equal(Example().End!.Files, read.End!.Files);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("data")]
    [InlineData("eval_data")]
    [InlineData("resumed")]
    [InlineData("resumed", "changes")]
    [InlineData("end", "files")]
    public void Nulls_in_lists_are_refused_by_the_name_of_the_list(string name, string? inner = null)
    {
        string message = Refusal(json =>
        {
            JsonNode list = json[name]!;
            list = inner is null ? list : (list is JsonArray entries ? entries[0]! : list)[inner]!;
            list.AsArray().Add(null);
        });
        Assert.Contains($"{(inner is null ? name : $"{name}.{inner}")}: expected no null", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("path")]
    [InlineData("sha256")]
    public void Files_without_a_name_or_a_hash_are_refused(string key)
    {
        Assert.Contains(key, Refusal(json => json["data"]![0]!.AsObject().Remove(key)), StringComparison.Ordinal);
        Assert.Contains(key, Refusal(json => json["data"]![0]![key] = null), StringComparison.Ordinal);
    }

    private string Refusal(Action<JsonObject> change)
    {
        Example().Write(_folder.Path);
        string path = _folder[RunManifest.FileName];
        JsonObject json = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
        string message = Assert.Throws<TrainingException>(() => RunManifest.Read(_folder.Path)).Message;
        Assert.StartsWith($"{path}: not the manifest of a run: ", message, StringComparison.Ordinal);
        return message;
    }

    private static RunManifest Example()
    {
        RunFile[] files = [new("a", 1, "00")];
        return new RunManifest
        {
            Command = "train",
            Created = DateTimeOffset.UnixEpoch,
            Code = RunCode.Current,
            Tier = "portable",
            Host = new RunHost("Linux", "x64", null, 2, 1, ".NET"),
            Seeds = new Dictionary<string, long> { ["seed"] = 1 },
            Recipe = new JsonObject { ["seed"] = 1 },
            Model = files,
            Data = files,
            EvalData = files,
            Resumed = [new RunResumption(DateTimeOffset.UnixEpoch, 1, ["data"])],
            End = new RunEnd { Time = DateTimeOffset.UnixEpoch, Outcome = "completed", Steps = 1, TrainLoss = 1, PeakRssBytes = 1, Files = files },
        };
    }
}
