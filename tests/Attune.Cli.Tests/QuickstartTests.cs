using System.Text.Json.Nodes;
using Attune.Cli.Quickstart;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>The first command of the README, on what the repository comes with.</summary>
public sealed class QuickstartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_few_steps_are_measured_on_rows_that_training_does_not_see()
    {
        ToolResult run = Tool.Process("quickstart", "--output", _folder["run"], "--max-steps", "5", "--questions", "2", "--json").Succeeded();
        Assert.True((double)run.Json["eval_loss_after"]! < (double)run.Json["eval_loss_before"]!, run.Output);
        Assert.Equal(2, (int)run.Json["questions"]!);
        Assert.InRange((double)run.Json["score_after"]!, 0, 1);
        Assert.Equal(2, run.Json["samples"]!.AsArray().Count);
        Assert.True(File.Exists(Path.Combine(_folder["run"], "adapter_model.safetensors")));
        Assert.Equal(_folder["run"], (string)run.Json["output"]!);

        // What it says after the tuning is what the adapter says.
        JsonNode sample = run.Json["samples"]![0]!;
        ToolResult answer = Tool.Process(
            "generate", "--model", "models/attune-base", "--adapter", _folder["run"], "--prompt", (string)sample["prompt"]!, "--max-new-tokens", "48", "--json").Succeeded();
        Assert.Equal((string)sample["after"]!, ((string)answer.Json["text"]!).Trim());
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void The_whole_of_it_helps()
    {
        JsonObject result = Tool.Process("quickstart", "--output", _folder["run"], "--json").Succeeded().Json;
        Assert.InRange((double)result["score_before"]!, 0, 0.05);
        Assert.InRange((double)result["score_after"]!, 0.7, 1);
        Assert.True((double)result["eval_loss_after"]! < 0.2);
        double low = (double)result["score_after_interval"]![0]!;
        Assert.True(low > (double)result["score_before_interval"]![1]!, "the intervals are apart");
    }

    [Fact]
    public void Held_out_messages_are_no_training_messages()
    {
        string Examples(string name) => Path.Combine(Repository.Root, "examples", "tickets", name);
        var exam = new Exam(Examples("held-out.jsonl"), null);
        string training = File.ReadAllText(Examples("train.jsonl"));
        Assert.Equal(120, exam.Questions.Count);
        Assert.All(exam.Questions, question => Assert.DoesNotContain(question.Prompt, training, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_there_is_not_replaced()
    {
        Directory.CreateDirectory(_folder["used"]);
        File.WriteAllText(Path.Combine(_folder["used"], "adapter_model.safetensors"), "mine");
        Assert.NotEqual(0, Tool.Process("quickstart", "--output", _folder["used"], "--max-steps", "1", "--questions", "1").ExitCode);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder["used"], "adapter_model.safetensors")));
        Assert.Contains("expected 1 or more", Tool.Run("quickstart", "--questions", "0").Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
