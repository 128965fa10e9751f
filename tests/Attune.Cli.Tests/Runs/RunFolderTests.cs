using Attune.Training.Checkpoints;
using Attune.Training.Runs;

namespace Attune.Cli.Tests.Runs;

/// <summary>What a run's folder says, and which runs may go on in it.</summary>
public sealed class RunFolderTests : IDisposable
{
    private readonly SmallRun _runs = new();

    [Fact]
    public void The_manifest_names_everything_that_the_run_was_made_from_and_what_it_left()
    {
        Tool.Run(_runs.Train("run")).Succeeded();
        RunManifest manifest = RunManifest.Read(_runs["run"])!;
        Assert.Contains(manifest.Model, file => file.Path == "model.safetensors" && file.Sha256 == FileHash.Of(Path.Combine(_runs.Model, "model.safetensors")).Sha256);
        Assert.Contains(manifest.Model, file => file.Path == "tokenizer.json");
        Assert.Equal(FileHash.Of(_runs.Data).Sha256, Assert.Single(manifest.Data).Sha256);
        Assert.Equal((42, 42), (manifest.Seeds["seed"], manifest.Seeds["data_seed"]));
        Assert.Equal(0.01, (double)manifest.Recipe["learning_rate"]!);
        Assert.True(manifest is { Code.Version.Length: > 0, Tier.Length: > 0, Host.Processors: > 0, Resumed: [] });
        Assert.Equal(("completed", 30), (manifest.End!.Outcome, manifest.End.Steps));
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], manifest.End.Files.Select(file => file.Path));
        Assert.All(manifest.End.Files, file => Assert.True(file.HasContentsOf(RunFile.Of(Path.Combine(_runs["run"], file.Path)))));
    }

    [Fact]
    public void A_second_run_in_the_same_folder_is_refused()
    {
        Directory.CreateDirectory(_runs["run"]);
        using (RunLock.Take(_runs["run"]))
        {
            Assert.True(RunLock.IsTaken(_runs["run"]));
            ToolResult second = Tool.Run(_runs.Train("run"));
            Assert.Equal(2, second.ExitCode);
            Assert.Contains("another process", second.Error, StringComparison.Ordinal);
        }

        Assert.False(RunLock.IsTaken(_runs["run"]));
        Tool.Run(_runs.Train("run")).Succeeded();
        ToolResult third = Tool.Run(_runs.Train("run"));
        Assert.Equal(2, third.ExitCode);
        Assert.Contains("is not empty", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_data_and_settings_are_refused_by_name_unless_accepted()
    {
        Begin("run");
        File.AppendAllText(_runs.Data, """{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "more"}]}""" + "\n");
        ToolResult refused = Tool.Run(_runs.Train("run", "--resume", "auto", "--learning-rate", "0.5", "--save-steps", "7"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"data: found {_runs.Data}", refused.Error, StringComparison.Ordinal);
        Assert.Contains("recipe: learning_rate is 0.5, was 0.01", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--accept-changes", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("save_steps", refused.Error, StringComparison.Ordinal);

        ToolResult accepted = Tool.Run(_runs.Train("run", "--resume", "auto", "--learning-rate", "0.5", "--accept-changes")).Succeeded();
        Assert.Contains("changed since the run was begun: data", accepted.Error, StringComparison.Ordinal);
        RunResumption resumed = Assert.Single(RunManifest.Read(_runs["run"])!.Resumed);
        Assert.Equal((30, 2), (resumed.FirstStep, resumed.Changes.Count));
        Assert.DoesNotContain("accept_changes", File.ReadAllText(Path.Combine(_runs["run"], "recipe.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_model_is_refused_whatever_is_accepted()
    {
        Begin("run");
        string weights = Path.Combine(_runs.Model, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        ToolResult refused = Tool.Run(_runs.Train("run", "--resume", "auto", "--accept-changes"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("model: found model.safetensors", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_cannot_be_read_stops_the_run_unless_accepted()
    {
        Begin("run");
        string path = Path.Combine(_runs["run"], RunManifest.FileName);
        File.WriteAllText(path, File.ReadAllText(path)[..100]);
        Assert.Contains("not the manifest of a run", Tool.Run(_runs.Train("run", "--resume", "auto")).Error, StringComparison.Ordinal);
        Assert.Contains("nobody can tell", Tool.Run(_runs.Train("run", "--resume", "auto", "--accept-changes")).Succeeded().Error, StringComparison.Ordinal);
        Assert.NotNull(RunManifest.Read(_runs["run"]));
    }

    [Fact]
    public void What_a_system_lost_of_the_log_is_put_back_from_the_checkpoint()
    {
        Begin("run");
        string path = Path.Combine(_runs["run"], "metrics.jsonl");
        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Tool.Run(_runs.Train("run", "--resume", "auto")).Succeeded();
        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_failure_that_names_it()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "needs a file system that nobody can write");
        ToolResult result = Tool.Run(_runs.Train("run", "--output", "/proc/attune-run"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("/proc/attune-run", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _runs.Dispose();

    private void Begin(string name)
    {
        Tool.Run(_runs.Train(name)).Succeeded();
        Assert.Equal([28, 30], CheckpointFolders.Steps(_runs[name]));
    }
}
