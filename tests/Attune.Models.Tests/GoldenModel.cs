using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>A model of the reference values, loaded on a backend.</summary>
internal sealed class GoldenModel : GoldenCase
{
    private GoldenModel(string folder, IBackend backend, CausalLmModel model)
        : base(folder, backend, model)
    {
        Model = model;
        Batch = PaddedBatch.Read(Io, "right.");
    }

    public CausalLmModel Model { get; }

    /// <summary>The texts, padded on the right.</summary>
    public PaddedBatch Batch { get; }

    public static GoldenModel Open(string name, string backendName, bool training = false, string configName = "config.json", DType compute = DType.F32)
    {
        string folder = Goldens.Require("families", "causal", name);
        string configPath = Path.Combine(folder, configName);
        Assert.SkipUnless(File.Exists(configPath), $"{name} has no {configName}");
        ModelConfig config = ModelConfig.Load(configPath);
        Assert.SkipUnless(KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType), $"the family {config.ModelType} is not built yet");
        IBackend backend = TestBackends.Create(backendName);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        return new GoldenModel(folder, backend, CausalLmLoader.Load(new Device(backend), config, weights, Options(training, compute)));
    }

    /// <inheritdoc/>
    public override double Backward(bool recompute)
    {
        using StepScope scope = Device.Scope();
        (Tensor sum, int targets) = Batch.Loss(Model, recompute);
        Device.Tape.Backward(sum, 1.0 / targets);
        return sum.Item() / targets;
    }

    public int[][] GreedyWithCache(int[][] prompts, int count)
    {
        using KvCache cache = Model.CreateCache(prompts.Length, prompts.Max(prompt => prompt.Length) + count);
        int[][] sequences = [.. prompts.Select(_ => new int[count])];
        int[] ids = [.. prompts.SelectMany(prompt => prompt)];
        int[] counts = [.. prompts.Select(prompt => prompt.Length)];
        for (int step = 0; step < count; step++)
        {
            int[] next = Next(new ForwardPass(cache.Append(ids, counts)) { Cache = cache }, counts);
            cache.Commit();
            for (int s = 0; s < sequences.Length; s++)
            {
                sequences[s][step] = next[s];
            }

            ids = next;
            Array.Fill(counts, 1);
        }

        return sequences;
    }

    public int[] GreedyWithoutCache(int[] prompt, int count)
    {
        List<int> ids = [.. prompt];
        for (int step = 0; step < count; step++)
        {
            using StepScope scope = Device.Scope();
            TokenBatch batch = TokenBatch.Create(Device, ids.ToArray(), Enumerable.Range(0, ids.Count).ToArray(), [0, ids.Count]);
            ids.Add(Next(new ForwardPass(batch), [ids.Count])[0]);
        }

        return [.. ids.Skip(prompt.Length)];
    }

    /// <summary>The best id after the last token of each sequence.</summary>
    private int[] Next(ForwardPass pass, int[] counts)
    {
        using StepScope scope = Device.Scope();
        using var pause = Device.Tape.Pause();
        Tensor hidden = Model.Hidden(pass);
        int[] last = new int[counts.Length];
        int end = 0;
        for (int s = 0; s < counts.Length; s++)
        {
            last[s] = (end += counts[s]) - 1;
        }

        return Model.Logits(hidden.Embedding(Device.From(last, [last.Length]))).ArgMax().ToInt32Array();
    }
}
