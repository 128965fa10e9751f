using Attune.Tensors;
using Attune.Testing;

namespace Attune.Formats.Tests;

public sealed class ModelFileGoldenTests : IDisposable
{
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
        if (model.Config.Rope().GetString("rope_type") == "dynamic")
        {
            Assert.Contains("rope_type", Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(path, model.Config, model.Tensors, KnownGgufTypes.F32)).Message);
            return;
        }

        foreach (GgufType type in KnownGgufTypes.Writable)
        {
            ModelFile.WriteGguf(path, model.Config, model.Tensors, type);
            using ModelFile gguf = ModelFile.Open(path);
            foreach (string key in gguf.Config.Keys.Except(["architectures", "model_type", "rope_parameters", "dtype", "rms_norm_eps"]).Where(model.Config.Has))
            {
                Assert.Equal(model.Config.ToJsonObject()[key]!.ToJsonString(), gguf.Config.ToJsonObject()[key]!.ToJsonString());
            }

            Assert.Equal((float)model.Config.GetDouble("rms_norm_eps"), (float)gguf.Config.GetDouble("rms_norm_eps"));
            ModelConfig rope = model.Config.Rope();
            Assert.All(gguf.Config.Rope().Keys.Where(k => k != "rope_type"), k => Assert.Equal((float)rope.GetDouble(k), (float)gguf.Config.Rope().GetDouble(k)));
            Assert.Equal(rope.GetString("rope_type"), gguf.Config.Rope().GetString("rope_type"));
            AssertEqual(model.Tensors, gguf.Tensors, type);
        }
    }

    private static void AssertEqual(ITensorSource expected, ITensorSource found, GgufType? type = null)
    {
        Assert.Equal(expected.Names.Order(StringComparer.Ordinal), found.Names.Order(StringComparer.Ordinal));
        foreach (string name in expected.Names)
        {
            TensorInfo info = expected.Info(name);
            Assert.Equal(info.Shape, found.Info(name).Shape);
            if (!info.DType.IsFloat)
            {
                Assert.Equal(expected.ReadBytes(name), found.ReadBytes(name));
                continue;
            }

            float[] values = expected.ReadFloat32(name);
            GgufType stored = type is null ? KnownGgufTypes.F32 : KnownGgufTypes.ByName(found.Info(name).StoredAs)!;
            if (type is null || info.Shape.Rank < 2)
            {
                Assert.Same(KnownGgufTypes.F32, stored);
            }
            else if (type.BlockElements == 1 || name is not ("lm_head.weight" or "model.embed_tokens.weight"))
            {
                GgufType[] choices = [type, type == KnownGgufTypes.Q4K ? KnownGgufTypes.Q5 : KnownGgufTypes.Q8, KnownGgufTypes.F16];
                Assert.Same(choices.First(choice => info.Shape[-1] % choice.BlockElements == 0), stored);
            }
            else
            {
                // The output layer has six bits or more.
                Assert.True((stored.BlockBytes * 8.0 / stored.BlockElements) >= 4.5);
            }

            var bytes = new byte[values.Length / stored.BlockElements * stored.BlockBytes];
            stored.Quantize(values, bytes);
            stored.Dequantize(bytes, values);
            Assert.Equal(values, found.ReadFloat32(name));
        }
    }
}
