using Attune.Formats;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>An encoder-decoder of the reference values, loaded on a backend.</summary>
internal sealed class GoldenSeq2Seq : GoldenCase
{
    private GoldenSeq2Seq(string folder, IBackend backend, Seq2SeqModel model)
        : base(folder, backend, model)
    {
        Model = model;
        Source = PaddedBatch.Read(Io, string.Empty);
    }

    public Seq2SeqModel Model { get; }

    /// <summary>The texts to read.</summary>
    public PaddedBatch Source { get; }

    public static GoldenSeq2Seq Open(string name, string backendName, bool training = false, DType compute = DType.F32)
    {
        string folder = Goldens.Require("families", "seq2seq", name);
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.SkipUnless(KnownModels.Seq2Seq.Any(family => family.ModelType == config.ModelType), $"the family {config.ModelType} is not built yet");
        IBackend backend = TestBackends.Create(backendName);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return new GoldenSeq2Seq(folder, backend, Seq2SeqLoader.Load(new Device(backend), config, weights, Options(training, compute)));
    }

    /// <summary>The decoder's rows as they are: those of padding come last and nobody looks at them.</summary>
    public TokenBatch WholeTarget()
    {
        int[] ids = Io.ReadInts("decoder_input_ids");
        int columns = (int)Io.Info("decoder_input_ids").Shape[1];
        int[] positions = [.. Enumerable.Range(0, ids.Length).Select(i => i % columns)];
        return TokenBatch.Create(Device, ids, positions, [.. Enumerable.Range(0, (ids.Length / columns) + 1).Select(row => row * columns)]);
    }

    /// <summary>Collects the gradients of the mean loss over ragged texts and gives it. The decoder's inputs are made of the labels.</summary>
    public override double Backward(bool recompute)
    {
        int[] padded = Io.ReadInts("labels");
        int columns = (int)Io.Info("labels").Shape[1];
        List<int> labels = [];
        List<int> inputs = [];
        List<int> positions = [];
        List<int> starts = [0];
        foreach (int[] row in padded.Chunk(columns))
        {
            int[] text = [.. row.Where(label => label != Seq2SeqModel.Ignored)];
            labels.AddRange(text);
            inputs.AddRange(Model.DecoderInputs(text));
            positions.AddRange(Enumerable.Range(0, text.Length));
            starts.Add(labels.Count);
        }

        using StepScope scope = Device.Scope();
        (Tensor sum, int targets) = Model.SumLosses(
            new ForwardPass(Source.ToDevice(Device)) { Recompute = recompute },
            new ForwardPass(TokenBatch.Create(Device, inputs.ToArray(), positions.ToArray(), starts.ToArray())) { Recompute = recompute },
            labels.ToArray());
        Device.Tape.Backward(sum, 1.0 / targets);
        return sum.Item() / targets;
    }
}
