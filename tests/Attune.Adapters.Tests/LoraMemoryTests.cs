using System.Text.Json.Nodes;
using Attune.Adapters.Methods;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Adapters.Tests;

/// <summary>Memory of adapters that are taken off again.</summary>
public sealed class LoraMemoryTests
{
    [Theory]
    [InlineData("llama", "reference", "lm_head")]
    [InlineData("llama", "cpu", "lm_head")]
    [InlineData("llama", "cpu", "embed_tokens")]
    [InlineData("gpt2", "cpu", "c_attn")]
    public void A_disposed_adapter_holds_no_memory(string family, string backendName, string saved)
    {
        using var backend = TestBackends.Create(backendName) as IDisposable;
        using var device = new Device((Tensors.Backends.IBackend?)backend ?? TestBackends.Create(backendName));
        CausalLmModel model = CausalLmLoader.Create(device, Small(family), seed: 1, new WeightOptions { Training = true });
        long before = device.LiveBytes;
        var options = new LoraOptions { R = 2, TargetModules = new TargetSpec(ModuleSelector.AllLinear), ModulesToSave = [saved], ExcludeModules = new TargetSpec([saved]) };
        var adapter = Lora.Create(model, options, seed: 1);
        Assert.True(device.LiveBytes > before);
        adapter.Dispose();
        Assert.Equal(before, device.LiveBytes);
        adapter.Dispose();
        Assert.Equal(before, device.LiveBytes);
    }

    private static ModelConfig Small(string family) => new(new JsonObject
    {
        ["model_type"] = family,
        ["vocab_size"] = 20,
        ["hidden_size"] = 8,
        ["intermediate_size"] = 16,
        ["num_hidden_layers"] = 1,
        ["num_attention_heads"] = 2,
        ["max_position_embeddings"] = 16,
    });
}
