using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Models.Tests;

/// <summary>Models that start from nothing.</summary>
public sealed class RandomWeightsTests
{
    [Fact]
    public void A_seed_names_the_weights()
    {
        float[] first = Table(seed: 1);
        Assert.Equal(first, Table(seed: 1));
        Assert.NotEqual(first, Table(seed: 2));
        double deviation = Math.Sqrt(first.Average(value => (double)value * value));
        Assert.Equal(0.05, deviation, 0.005);
    }

    [Fact]
    public void Norms_start_at_one()
    {
        CausalLmModel model = Make(seed: 1);
        Assert.All(model.Parameters().Single(parameter => parameter.Name == "model.norm.weight").Value!.ToArray(), value => Assert.Equal(1, value));
    }

    [Fact]
    public void Norms_that_add_one_start_at_zero()
    {
        CausalLmModel model = Make(seed: 1, family: "gemma");
        Assert.All(model.Parameters().Single(parameter => parameter.Name == "model.norm.weight").Value!.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Bad_settings_are_named()
    {
        ModelFileException error = Assert.Throws<ModelFileException>(() => Make(seed: 1, heads: 3));
        Assert.Contains("num_key_value_heads", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Making_them_ends_when_told_to() =>
        Assert.Throws<OperationCanceledException>(() => Make(seed: 1, options: new WeightOptions { Cancellation = new CancellationToken(canceled: true) }));

    private static float[] Table(ulong seed) => Make(seed).Parameters().First().Value!.ToArray();

    private static CausalLmModel Make(ulong seed, int heads = 4, string family = "llama", WeightOptions? options = null)
    {
        var config = new ModelConfig(new JsonObject
        {
            ["model_type"] = family,
            ["vocab_size"] = 100,
            ["hidden_size"] = 32,
            ["intermediate_size"] = 64,
            ["num_hidden_layers"] = 1,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = 2,
            ["initializer_range"] = 0.05,
        });
        return CausalLmLoader.Create(new Device(new ReferenceBackend()), config, seed, options ?? new WeightOptions());
    }
}
