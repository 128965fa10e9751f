using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>The tool on a real model.</summary>
[Trait("Category", "Golden")]
public sealed class SmolLmTests
{
    [Fact]
    public void Info_counts_the_parameters()
    {
        string folder = Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF");
        JsonObject info = Tool.Process("info", Directory.GetFiles(folder, "*.gguf").Order(StringComparer.Ordinal).First(), "--json").Succeeded().Json;
        Assert.Equal(134_515_008, (long)info["parameters"]!);
        Assert.Equal(0, (long)info["trainable_parameters"]!);
        Assert.Equal("LlamaForCausalLM", (string?)info["architecture"]);
    }

    [Fact]
    public void A_run_is_foretold_from_few_of_its_layers()
    {
        string model = Goldens.RequireModel("SmolLM2-135M-Instruct-GGUF");
        using var folder = new TemporaryFolder();
        JsonObject plan = Tool.Process(
            "plan", "--model", model, "--data", TinyModel.WriteChats(folder["chats.jsonl"]), "--per-device-train-batch-size", "1", "--max-steps", "5", "--json").Succeeded().Json;
        Assert.InRange((long)plan["memory_bytes"]!, 134_515_008 * 2L, 134_515_008 * 12L);
        Assert.True((double)plan["seconds_per_step"]! > 0);
        Assert.Equal(5, (long)plan["steps"]!);
    }
}
