using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary><c>attune bench</c> and <c>attune train --profile</c>.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public BenchTests() => _model = TinyModel.Write(_folder["model"]);

    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    public void Training_is_measured(string method)
    {
        JsonObject result = Tool.Process(
            "bench", "train", "--model", _model, "--method", method, "--rank", "4", "--seq", "32", "--batch", "2", "--steps", "3", "--dtype", "fp32", "--masked", "0.5", "--json").Succeeded().Json;
        Assert.True((double)result["tokens_per_second_least"]! > 0);
        Assert.InRange((double)result["tokens_per_second"]!, (double)result["tokens_per_second_least"]!, (double)result["tokens_per_second_most"]!);
        Assert.True((long)result["peak_rss_bytes"]! > 0 && (double)result["gemm_flops_per_second"]! > 0 && (double)result["flops_share"]! > 0);
        Assert.Equal("fp32", (string?)result["dtype"]);
        Assert.NotNull((string?)result["tier"]);
    }

    [Fact]
    public void The_profile_names_operations_and_sizes()
    {
        string output = Tool.Process("bench", "train", "--model", _model, "--seq", "32", "--steps", "2", "--profile").Succeeded().Output;
        Assert.Contains("product x W^T", output, StringComparison.Ordinal);
        Assert.Contains($"32x{TinyModel.Hidden}x{TinyModel.Intermediate}", output, StringComparison.Ordinal);
        Assert.Contains("between operations", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Generation_is_measured()
    {
        JsonObject result = Tool.Process("bench", "generate", "--model", _model, "--seq", "16", "--steps", "4", "--json").Succeeded().Json;
        Assert.True((double)result["prompt_tokens_per_second"]! > 0 && (double)result["tokens_per_second"]! > 0);
        Assert.True((double)result["memory_bytes_per_second"]! > 0 && (double)result["memory_share"]! > 0);
    }

    [Fact]
    public void Tokenizing_is_measured()
    {
        string text = _folder["text.txt"];
        File.WriteAllText(text, "one two\nthree\n");
        JsonObject result = Tool.Process("bench", "tokenize", "--model", _model, "--data", text, "--steps", "2", "--json").Succeeded().Json;
        Assert.Equal("one twothree".Length, (int)result["tokens"]!);
        Assert.True((double)result["bytes_per_second"]! > 0);
    }

    [Fact]
    public void A_run_writes_its_profile_and_trace()
    {
        string run = _folder["run"];
        Tool.Process(
            "train", "--model", _model, "--data", TinyModel.WriteChats(_folder["chats.jsonl"]), "--output", run, "--max-steps", "4", "--threads", "1", "--profile", "--quiet").Succeeded();
        Assert.Contains("attention", File.ReadAllText(Path.Combine(run, "profile.txt")), StringComparison.Ordinal);
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "profile.trace.json")));
        JsonElement first = trace.RootElement.GetProperty("traceEvents")[0];
        Assert.Equal("X", first.GetProperty("ph").GetString());
        Assert.True(first.GetProperty("dur").GetDouble() >= 0);
        Assert.DoesNotContain("profile", File.ReadAllText(Path.Combine(run, "recipe.yaml")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("say what to measure", "bench")]
    [InlineData("expected train, generate or tokenize, found 'trian'", "bench", "trian")]
    [InlineData("either --model or --shape", "bench", "train")]
    [InlineData("shape: expected 135m, 0.5b, 1.1b, found '7b'", "bench", "train", "--shape", "7b")]
    [InlineData("--data is missing", "bench", "tokenize", "--model", "x")]
    [InlineData("rank: expected a number from 1 to 1024, found 0", "bench", "train", "--shape", "135m", "--rank", "0")]
    [InlineData("masked: expected", "bench", "train", "--shape", "135m", "--masked", "1")]
    public void Bad_settings_are_refused(string message, params string[] words)
    {
        ToolResult result = Tool.Run(words);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
