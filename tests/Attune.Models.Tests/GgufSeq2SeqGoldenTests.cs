using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>Every encoder-decoder of the reference values whose architecture GGUF has: written as a GGUF file and opened again it says the same.</summary>
[Trait("Category", "Golden")]
public sealed class GgufSeq2SeqGoldenTests : IDisposable
{
    private const string DistanceKey = "relative_attention_max_distance";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => Goldens.Folders("families/seq2seq");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void Logits_through_a_GGUF_file(string name)
    {
        string folder = Goldens.Require("families", "seq2seq", name);
        using ModelFile model = ModelFile.Open(folder);
        Assert.SkipUnless(KnownGgufArchitectures.ByModelType(model.Config.ModelType) is not null, $"GGUF files have no architecture for {model.Config.ModelType}");
        string path = _folder["model.gguf"];
        using SafetensorsFile io = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));

        // The reference models have a shorter reach than the one that every file means; the folder itself is compared with the reference elsewhere.
        Assert.Contains($"{DistanceKey}'", Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(path, model.Config, model.Tensors, KnownGgufTypes.F32)).Message);
        ModelConfig config = model.Config.With(DistanceKey, 128);
        ModelFile.WriteGguf(path, config, model.Tensors, KnownGgufTypes.F32);
        using ModelFile gguf = ModelFile.Open(path);
        Assert.Equal(config.ModelType, gguf.Config.ModelType);
        Assert.Equal(model.Tensors.Names.Order(StringComparer.Ordinal), gguf.Tensors.Names.Order(StringComparer.Ordinal));
        Assert.All(model.Tensors.Names, tensor => Assert.Equal(model.Tensors.ReadBytes(tensor), gguf.Tensors.ReadBytes(tensor)));
        Assert.Equal(Logits(io, config, model.Tensors), Logits(io, gguf.Config, gguf.Tensors));
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    public void Scales_that_no_file_can_say_are_named(bool tied, bool scales, bool hasHead)
    {
        string folder = Goldens.Require("families", "seq2seq", hasHead ? "t5_v1_1" : "t5");
        using ModelFile model = ModelFile.Open(folder);
        ModelConfig config = model.Config.With(DistanceKey, 128).With("tie_word_embeddings", tied).With("scale_decoder_outputs", scales);
        Assert.Contains("'scale_decoder_outputs'", Assert.Throws<ModelFileException>(() => ModelFile.WriteGguf(_folder["model.gguf"], config, model.Tensors, KnownGgufTypes.F32)).Message);
    }

    private static float[] Logits(SafetensorsFile io, ModelConfig config, ITensorSource tensors)
    {
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        Seq2SeqModel model = Seq2SeqLoader.Load(device, config, tensors, new WeightOptions());
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        TokenBatch source = PaddedBatch.Read(io, string.Empty).ToDevice(device);
        int[] ids = io.ReadInts("decoder_input_ids");
        int columns = (int)io.Info("decoder_input_ids").Shape[1];
        TokenBatch target = TokenBatch.Create(device, ids, [.. Enumerable.Range(0, ids.Length).Select(i => i % columns)], [.. Enumerable.Range(0, (ids.Length / columns) + 1).Select(row => row * columns)]);
        return model.Logits(model.Decode(new ForwardPass(target), EncoderMemory.Of(model.Encode(new ForwardPass(source)), source))).ToArray();
    }
}
