using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

public sealed class PlanCommandTests : IDisposable
{
    private const int Rows = 512;

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _options;

    public PlanCommandTests() => _options =
    [
        "--model", TinyModel.Write(_folder["model"]), "--data", TinyModel.WriteChats(_folder["chats.jsonl"], Rows), "--dtype", "fp32", "--per-device-train-batch-size", $"{Rows}", "--max-steps", "2",
        "--method", "full",
    ];

    [Fact]
    public void Foretells_without_writing()
    {
        JsonObject plan = Plan();
        Assert.Equal(2, (long)plan["steps"]!);
        Assert.Equal(Rows, (int)plan["per_device_train_batch_size"]!);
        Assert.Equal(1, (int)plan["gradient_accumulation_steps"]!);
        Assert.False((bool)plan["gradient_checkpointing"]!);
        Assert.Equal((double)plan["seconds"]!, 2 * (double)plan["seconds_per_step"]!);
        Assert.Equal(["chats.jsonl", "model"], Directory.EnumerateFileSystemEntries(_folder["."]).Select(Path.GetFileName).Order());

        Assert.All(
            (string[][])[["--per-device-train-batch-size", "1"], ["--gradient-checkpointing", "true"]],
            smaller => Assert.True((long)Plan(smaller)["memory_bytes"]! < (long)plan["memory_bytes"]!, string.Join(' ', smaller)));
    }

    [Fact]
    public void A_budget_makes_a_run_smaller_that_learns_the_same()
    {
        long budget = ((long)Plan()["memory_bytes"]! + (long)Plan("--per-device-train-batch-size", "64")["memory_bytes"]!) / 2;
        JsonObject plain = Train("plain");
        JsonObject fitted = Train("fitted", "--memory", $"{budget}");
        Assert.Equal((double)plain["train_loss"]!, (double)fitted["train_loss"]!, 4);
        Assert.True((long)fitted["forecast_memory_bytes"]! < budget);
        Assert.True((long)fitted["peak_rss_bytes"]! < (long)plain["peak_rss_bytes"]!);

        string recipe = File.ReadAllText(Path.Combine(_folder["fitted"], "recipe.yaml"));
        Assert.DoesNotMatch($@"(?m)^per_device_train_batch_size: {Rows}\b", recipe);
        JsonNode forecast = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["fitted"], "manifest.json")))!["forecast"]!;
        Assert.Equal((long)fitted["forecast_memory_bytes"]!, (long)forecast["memory_bytes"]!);
    }

    [Fact]
    public void Weights_in_8_bits_are_compared_with_plain_ones_before_the_run()
    {
        ToolResult result = Tool.Process([.. WithOthers("train", ["--method", "lora", "--load-in-8bit", "true"]), "--output", _folder["codes"], "--json"]).Succeeded();
        JsonObject effect = result.Json["load_in_8bit"]!.AsObject();
        Assert.Equal((double)effect["loss_without"]!, (double)effect["loss"]!, 0.02);
        Assert.NotEqual((double)effect["loss_without"]!, (double)effect["loss"]!);
        Assert.True((int)effect["rows"]! > 0);
        Assert.Contains("8-bit weights: loss", result.Error, StringComparison.Ordinal);

        ToolResult refused = Tool.Process([.. WithOthers("train", ["--load-in-8bit", "true"]), "--output", _folder["full"]]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("load_in_8bit belongs to the method lora", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_fit_is_refused_before_anything_is_loaded()
    {
        ToolResult result = Tool.Process(["train", .. _options, "--output", _folder["run"], "--memory", "1MB"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("What would help", result.Error, StringComparison.Ordinal);
        Assert.Contains("gradient_checkpointing true", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["run"]));
    }

    [Fact]
    public void Tasks_are_foretold_too()
    {
        string model = TinyTaskModel.WriteBert(_folder["bert"]);
        File.WriteAllLines(_folder["rows.csv"], ["text,label", .. Enumerable.Range(0, 20).Select(i => $"words {i},{(i % 2 == 0 ? "even" : "odd")}")]);
        JsonObject plan = Tool.Process("plan", "--task", "classify", "--model", model, "--data", _folder["rows.csv"], "--method", "lora", "--num-train-epochs", "1", "--json").Succeeded().Json;
        Assert.Equal(3, (long)plan["steps"]!);
        Assert.True((long)plan["memory_bytes"]! > 0);
    }

    public void Dispose() => _folder.Dispose();

    private JsonObject Plan(params string[] more) => Tool.Process([.. WithOthers("plan", more), "--json"]).Succeeded().Json;

    private JsonObject Train(string output, params string[] more) => Tool.Process([.. WithOthers("train", more), "--output", _folder[output], "--json"]).Succeeded().Json;

    // What is given again replaces what every test gives.
    private IEnumerable<string> WithOthers(string command, string[] more) =>
        [command, .. _options.Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair), .. more];
}
