using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Runs;
using Attune.Training.Checkpoints;

namespace Attune.Cli.Tests.Runs;

public sealed class RunsCommandTests : IDisposable
{
    private readonly SmallRun _runs = new();

    [Fact]
    public void Lists_shows_and_compares()
    {
        Tool.Run(_runs.Train("first", "--val-set-size", "4")).Succeeded();
        Tool.Run(_runs.Train("second", "--val-set-size", "4", "--learning-rate", "2e-2")).Succeeded();
        Directory.CreateDirectory(_runs["no-run"]);
        JsonObject list = Tool.Run("runs", "list", Path.GetDirectoryName(_runs["first"])!, "--json").Succeeded().Json;
        Assert.Equal(["first", "second"], list["runs"]!.AsArray().Select(run => Path.GetFileName((string)run!["run"]!)));
        Assert.All(list["runs"]!.AsArray(), run => Assert.Equal(("completed", 30), ((string)run!["status"]!, (int)run["steps"]!)));

        ToolResult shown = Tool.Run("runs", "show", _runs["first"]).Succeeded();
        Assert.Contains("completed, 30 steps", shown.Output, StringComparison.Ordinal);
        Assert.Contains(_runs.Data, shown.Output, StringComparison.Ordinal);
        File.AppendAllText(Path.Combine(_runs["first"], "adapter_config.json"), " ");
        File.AppendAllText(Path.Combine(_runs["first"], "checkpoint-28", "optimizer.safetensors"), " ");
        JsonObject damaged = Tool.Run("runs", "show", _runs["first"], "--json").Succeeded().Json;
        Assert.Equal(2, damaged["damaged"]!.AsArray().Count);

        JsonObject compared = Tool.Run("runs", "compare", "--runs", _runs["first"], _runs["second"], "--json").Succeeded().Json;
        JsonNode difference = Assert.Single(compared["differences"]!.AsArray())!;
        Assert.Equal("recipe: learning_rate is 0.02, was 0.01", (string)Assert.Single(difference["changes"]!.AsArray())!);
        Assert.Equal(2, (int)difference["first_different_step"]!);
    }

    [Fact]
    public void Verifies_every_part_of_a_run_and_names_the_first_difference()
    {
        Tool.Run(_runs.Train("run", "--save-total-limit", "20", "--save-steps", "10", "--val-set-size", "4", "--eval-strategy", "steps", "--eval-steps", "7")).Succeeded();
        JsonObject all = Tool.Run("runs", "verify", _runs["run"], "--all", "--json").Succeeded().Json;
        Assert.Equal([(0, 10), (10, 20), (20, 30)], all["verified"]!.AsArray().Select(part => ((int)part!["from"]!, (int)part["to"]!)));
        Assert.Equal(20, (int)Tool.Run("runs", "verify", _runs["run"], "--json").Succeeded().Json["verified"]![0]!["from"]!);
        Assert.Equal(2, Tool.Run("runs", "verify", _runs["run"], "--from", "11").ExitCode);

        // A run that is not what its recipe says, with hashes that fit.
        string other = CheckpointFolders.PathOf(_runs["other"], 20);
        Tool.Run(_runs.Train("other", "--save-total-limit", "20", "--save-steps", "10", "--learning-rate", "2e-2", "--val-set-size", "4", "--eval-strategy", "steps", "--eval-steps", "7")).Succeeded();
        Directory.Delete(CheckpointFolders.PathOf(_runs["run"], 20), recursive: true);
        Directory.Move(other, CheckpointFolders.PathOf(_runs["run"], 20));
        ToolResult different = Tool.Run("runs", "verify", _runs["run"], "--from", "10", "--to", "20");
        Assert.Equal(1, different.ExitCode);
        Assert.Contains("trainer_state.json: log_history[1] (step 2).", different.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_verification_needs_the_data_of_the_run()
    {
        Tool.Run(_runs.Train("run")).Succeeded();
        File.AppendAllText(_runs.Data, """{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "more"}]}""" + "\n");
        Assert.Contains($"data: found {_runs.Data}", Tool.Run("runs", "verify", _runs["run"]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Goes_on_with_a_run_that_was_moved()
    {
        Tool.Run(_runs.Train("whole")).Succeeded();
        using (System.Diagnostics.Process process = Tool.Start(_runs.Train("run")))
        {
            _runs.WaitForStep("run", 6, process);
            process.Kill();
            process.WaitForExit();
        }

        Assert.Equal("interrupted", (string?)Tool.Run("runs", "show", _runs["run"], "--json").Succeeded().Json["status"]);
        Directory.Move(_runs["run"], _runs["moved"]);
        Tool.Run("runs", "resume", _runs["moved"], "--quiet").Succeeded();
        _runs.RequireEqual("whole", "moved");
    }

    [Fact]
    public void A_recipe_that_is_run_again_finds_what_its_addresses_stand_for()
    {
        Tool.Run(_runs.Train("run")).Succeeded();
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null, json: false, quiet: true);
        var places = new HubPlaces(terminal, TestContext.Current.CancellationToken);
        var context = new CommandContext(new OptionValues(new OptionsSchema()) { Places = places }, terminal, TestContext.Current.CancellationToken);
        Assert.Same(places, Replay.Prepare(context, RunFolder.Open(_runs["run"])).Values.Places);
    }

    public void Dispose() => _runs.Dispose();
}
