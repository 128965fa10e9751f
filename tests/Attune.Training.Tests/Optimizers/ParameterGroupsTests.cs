using System.Text.Json;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using Attune.Training.Optimizers;

namespace Attune.Training.Tests.Optimizers;

[Trait("Category", "Golden")]
public sealed class ParameterGroupsTests
{
    private readonly Device _device = new(new ReferenceBackend());

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
        using JsonDocument document = GoldenArrays.Json(Goldens.Require("training", "optimizers", "weight_decay_groups.json"));
        JsonElement golden = document.RootElement.GetProperty(family);
        Check(golden, "decay", true);
        Check(golden, "no_decay", false);

        // A layer normalisation is known by its module: the names of GPT-2 (ln_1) do not tell.
        void Check(JsonElement groups, string group, bool decays) => Assert.All(
            groups.GetProperty(group).EnumerateArray().Select(name => name.GetString()!),
            name => Assert.True(decays == ParameterGroups.Decays(Parameter(name)), name));

        Parameter Parameter(string name)
        {
            var parameter = new Parameter(name, _device.Persistent([1], DType.F32));
            if (name.Contains("ln_", StringComparison.Ordinal))
            {
                _ = new LayerNorm("norm", 1, parameter, null, 1e-5, DType.F32);
            }

            return parameter;
        }
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
