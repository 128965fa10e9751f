using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>Every encoder of the reference values whose architecture GGUF has: written as a GGUF file and opened again it gives the reference's states.</summary>
[Trait("Category", "Golden")]
public sealed class GgufEncoderGoldenTests : IDisposable
{
    /// <summary>The kinds of vocabularies by which families are told apart.</summary>
    private static readonly Dictionary<string, string> Vocabularies = new() { ["roberta"] = "gpt2", ["xlm-roberta"] = "t5" };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, bool> Cases => [.. from row in Goldens.Folders("families/encoders") from hasVocabulary in new[] { true, false } select (row.Data, hasVocabulary)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void States_through_a_GGUF_file(string name, bool hasVocabulary)
    {
        string folder = Goldens.Require("families", "encoders", name, "base");
        using ModelFile model = ModelFile.Open(folder);
        ModelConfig config = model.Config;
        Assert.SkipUnless(KnownGgufArchitectures.ByModelType(config.ModelType) is not null, $"GGUF files have no architecture for {config.ModelType}");
        string path = _folder["model.gguf"];
        ModelFile.WriteGguf(path, config, model.Tensors, KnownGgufTypes.F32, hasVocabulary ? new GgufTextSide { Tokenizer = Vocabulary(config) } : null);
        using ModelFile gguf = ModelFile.Open(path);
        if (hasVocabulary)
        {
            Assert.Equal(config.ModelType, gguf.Config.ModelType);
            Assert.Equal(config.GetPositive("max_position_embeddings"), gguf.Config.GetPositive("max_position_embeddings"));
            Assert.All(gguf.Tensors.Names, tensor => Assert.Equal(model.Tensors.Info(tensor).Shape, gguf.Tensors.Info(tensor).Shape));
        }

        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        PaddedBatch batch = PaddedBatch.Read(io, string.Empty);
        GoldenArrays.Close(batch.Select(io.ReadFloat32("last_hidden_state")), States(batch, gguf), GoldenCase.LogitsTolerance, "states");
    }

    private static float[] States(PaddedBatch batch, ModelFile file)
    {
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        var model = (EncoderModel)AnyModelLoader.Load(device, file.Config, file.Tensors, new WeightOptions()).Model;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        return model.Hidden(new ForwardPass(batch.ToDevice(device))).ToArray();
    }

    private static GgufTokenizerSource Vocabulary(ModelConfig config) =>
        new(Vocabularies.GetValueOrDefault(config.ModelType, "bert"), [.. Enumerable.Range(0, config.GetPositive("vocab_size")).Select(id => $"t{id}")]) { PadTokenId = config.FindInt32("pad_token_id") };
}
