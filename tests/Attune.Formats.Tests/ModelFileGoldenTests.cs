using System.Text.Json.Nodes;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests;

public sealed class ModelFileGoldenTests : IDisposable
{
    /// <summary>What some of the reference models have that no GGUF file can say, by the key that is refused.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["falcon_rw"] = "alibi",
        ["gpt_oss"] = "swiglu_limit",
        ["llama_dynamic"] = "rope_type",
        ["smollm3"] = "no_rope_layers",
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families() => Goldens.Folders("families/causal");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Families))]
    public void Every_family_survives_the_way_to_a_folder_and_back(string family)
    {
        using ModelFile model = ModelFile.Open(Goldens.Require("families", "causal", family));
        HuggingFaceFolder.Write(_folder.Path, model.Config, model.Tensors, DType.F32, HuggingFaceFolder.GenerationOf(model.Config), maxShardBytes: 50_000);
        using ModelFile copy = ModelFile.Open(_folder.Path);
        Assert.Equal(model.Config.ToJson(), copy.Config.ToJson());
        AssertEqual(model.Tensors, copy.Tensors);
        Assert.Equal(model.Generation.EosTokenIds, copy.Generation.EosTokenIds);
    }

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Families))]
    public void Every_family_is_read_from_pickled_weights(string family)
    {
        string folder = Goldens.Require("families", "causal", family);
        using ModelFile model = ModelFile.Open(folder);
        File.Copy(Path.Combine(folder, "config.json"), _folder["config.json"]);
        PickledWeights.Write(_folder["pytorch_model.bin"], model.Tensors);
        using ModelFile copy = ModelFile.Open(_folder.Path);
        AssertEqual(model.Tensors, copy.Tensors);
    }

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Families))]
    public void Old_and_new_spelling_give_the_same_values(string family)
    {
        string folder = Goldens.Require("families", "causal", family);
        string legacy = Path.Combine(folder, "config.legacy.json");
        Assert.SkipUnless(File.Exists(legacy), "no file in the old spelling");
        ModelConfig old = ModelConfig.Load(legacy);
        ModelConfig current = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.Equal(current.DType, old.DType);
        Assert.Equal(current.EosTokenIds, old.EosTokenIds);
        string? layers = current.FindSection("rope_parameters")?.Has("rope_type") == false ? "full_attention" : null;
        Assert.SkipUnless(layers is null, "the family keeps parameters per kind of layer under its own keys");
        ModelConfig expected = current.Rope();
        ModelConfig found = old.Rope();
        Assert.Equal(expected.GetString("rope_type"), found.GetString("rope_type"));
        Assert.Equal(expected.GetDouble("rope_theta"), found.GetDouble("rope_theta"));
        Assert.Equal(expected.FindDouble("factor"), found.FindDouble("factor"));
        Assert.Equal(expected.FindDoubles("short_factor"), found.FindDoubles("short_factor"));
    }

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(Families))]
    public void Families_that_GGUF_knows_survive_the_way_there_and_back_in_every_type(string family)
    {
        using ModelFile model = ModelFile.Open(Goldens.Require("families", "causal", family));
        GgufArchitecture? architecture = KnownGgufArchitectures.ByModelType(model.Config.ModelType);
        Assert.SkipUnless(architecture is not null, $"{model.Config.ModelType} is not mapped to GGUF");
        string path = _folder["model.gguf"];
        if (Refused.TryGetValue(family, out string? key))
        {
            Assert.Contains(key, Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(path, model.Config, model.Tensors, KnownGgufTypes.F32)).Message);
            return;
        }

        foreach (GgufType type in KnownGgufTypes.Writable)
        {
            ModelFile.WriteGguf(path, model.Config, model.Tensors, type);
            using ModelFile gguf = ModelFile.Open(path);
            AssertSameSettings(model.Config.ToJsonObject(), gguf.Config.ToJsonObject(), model.Config);
            Assert.Equal(model.Tensors.Names.Order(StringComparer.Ordinal), gguf.Tensors.Names.Order(StringComparer.Ordinal));
            foreach (string name in model.Tensors.Names)
            {
                AssertNear(model.Tensors, gguf.Tensors, name, type);
            }
        }
    }

    // Numbers pass through single precision; what says how weights were saved is another matter.
    private static void AssertSameSettings(JsonObject expected, JsonObject found, ModelConfig config)
    {
        foreach ((string key, JsonNode? value) in found.Where(pair => pair.Key is not ("architectures" or "dtype") && config.Has(pair.Key)))
        {
            switch (key)
            {
                case "rope_parameters":
                    AssertSameRope(expected[key]!.AsObject(), value!.AsObject());
                    break;
                case "attn_config":
                    Assert.Equal((double?)expected[key]!["alibi_bias_max"], (double?)value!["alibi_bias_max"]);
                    break;
                default:
                    Assert.True(Same(expected[key], value), $"{key}: {expected[key]?.ToJsonString()} became {value?.ToJsonString()}");
                    break;
            }
        }
    }

    private static void AssertSameRope(JsonObject expected, JsonObject found)
    {
        foreach ((string key, JsonNode? value) in found.Where(pair => expected.ContainsKey(pair.Key)))
        {
            if (value is JsonObject inner)
            {
                AssertSameRope(expected[key]!.AsObject(), inner);
            }
            else
            {
                Assert.True(Same(expected[key], value), $"rope: {key}: {expected[key]?.ToJsonString()} became {value?.ToJsonString()}");
            }
        }
    }

    private static bool Same(JsonNode? expected, JsonNode? found) => (expected, found) switch
    {
        (JsonArray left, JsonArray right) => left.Count == right.Count && left.Zip(right).All(pair => Same(pair.First, pair.Second)),
        (JsonValue left, JsonValue right) when left.TryGetValue(out double a) && right.TryGetValue(out double b) => (float)a == (float)b,
        _ => JsonNode.DeepEquals(expected, found),
    };

    // What is stored shifted or as an exponential comes back rounded; all else comes back bit for bit in F32, and in other types within their steps.
    private static void AssertNear(ITensorSource expected, ITensorSource found, string name, GgufType type)
    {
        Assert.Equal(expected.Info(name).Shape, found.Info(name).Shape);
        float[] left = expected.ReadFloat32(name);
        float[] right = found.ReadFloat32(name);
        GgufType stored = KnownGgufTypes.ByName(found.Info(name).StoredAs)!;
        Assert.Contains(stored, new[] { type, KnownGgufTypes.Q5, KnownGgufTypes.Q6K, KnownGgufTypes.Q8, KnownGgufTypes.F16, KnownGgufTypes.F32 });
        if (stored == KnownGgufTypes.F32 && left.Zip(right).All(pair => Math.Abs(pair.First - pair.Second) <= 2e-7 * Math.Max(1, Math.Abs(pair.First))))
        {
            return;
        }

        double size = Math.Sqrt(left.Sum(value => (double)value * value));
        double error = Math.Sqrt(left.Zip(right).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        double bits = stored.BlockBytes * 8.0 / stored.BlockElements;
        Assert.InRange(error, 0, size * (stored == KnownGgufTypes.F32 ? 0 : stored == KnownGgufTypes.F16 ? 5e-4 : 2 * Math.Pow(2, -Math.Min(8, bits - 0.5))));
    }

    private static void AssertEqual(ITensorSource expected, ITensorSource found)
    {
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), found.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected.Names)
        {
            Assert.Equal(expected.Info(name).Shape, found.Info(name).Shape);
            Assert.Equal(expected.Info(name).DType, found.Info(name).DType);
            Assert.Equal(expected.ReadBytes(name), found.ReadBytes(name));
        }
    }
}
