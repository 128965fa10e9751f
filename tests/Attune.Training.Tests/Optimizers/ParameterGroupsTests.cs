using System.Text.Json;
using Attune.Models;
using Attune.Nn;
using Attune.Testing;
using Attune.Training.Optimizers;

namespace Attune.Training.Tests.Optimizers;

[Trait("Category", "Golden")]
public sealed class ParameterGroupsTests
{
    public static TheoryData<string> Families
    {
        get
        {
            string path = Path.Combine(Goldens.Root, "training", "optimizers", "weight_decay_groups.json");
            if (!File.Exists(path))
            {
                return [Goldens.None];
            }

            using JsonDocument document = GoldenArrays.Json(path);
            return [.. document.RootElement.EnumerateObject().Select(family => family.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Biases_and_norms_do_not_decay(string family)
    {
        // The norms of GPT-2 cannot be known by their names (ln_1); they are by their modules, once there are such.
        Assert.SkipWhen(family == "gpt2" && KnownModels.CausalLm.All(known => known.ModelType != family), $"the family {family} is not built yet");
        using JsonDocument document = GoldenArrays.Json(Goldens.Require("training", "optimizers", "weight_decay_groups.json"));
        JsonElement golden = document.RootElement.GetProperty(family);
        Assert.All(golden.GetProperty("decay").EnumerateArray(), name => Assert.True(ParameterGroups.Decays(name.GetString()!), name.GetString()));
        Assert.All(golden.GetProperty("no_decay").EnumerateArray(), name => Assert.False(ParameterGroups.Decays(name.GetString()!), name.GetString()));
    }

    [Fact]
    public void Lora_plus_gives_b_matrices_their_own_rate()
    {
        using JsonDocument document = GoldenArrays.Json(Goldens.Require("training", "adapters", "lora_plus", "case.json"));
        JsonElement golden = document.RootElement.GetProperty("loraplus");
        using var fixture = new OptimizerFixture("reference");
        Parameter[] parameters = [.. document.RootElement.GetProperty("trainable_tensors").EnumerateObject().Select(tensor => fixture.Parameter(tensor.Name, [0], 1, 1))];
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Create(parameters, new OptimizerOptions
        {
            LearningRate = golden.GetProperty("lr").GetDouble(),
            LoraplusLrRatio = golden.GetProperty("ratio").GetDouble(),
            WeightDecay = 0.01,
        });
        JsonElement[] expected = [.. golden.GetProperty("groups").EnumerateArray()];
        Assert.Equal(expected.Length, groups.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].GetProperty("lr").GetDouble(), groups[i].LearningRateFactor * golden.GetProperty("lr").GetDouble(), 1e-15);
            Assert.Equal(expected[i].GetProperty("weight_decay").GetDouble(), groups[i].WeightDecay);
            Assert.Equal(expected[i].GetProperty("parameters").EnumerateArray().Select(name => name.GetString()!).Order(), groups[i].Parameters.Select(parameter => parameter.Name).Order());
        }
    }
}
