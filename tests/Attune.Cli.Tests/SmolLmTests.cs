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
}
