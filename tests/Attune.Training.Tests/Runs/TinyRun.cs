using System.Text;
using Attune.Adapters.Methods;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Training.Tests;

/// <summary>A very small model with random weights and rows, for tests of the loop itself.</summary>
internal sealed class TinyRun : IDisposable
{
    private const int Vocabulary = 24;

    private const string Config = """
        {
          "model_type": "llama", "vocab_size": 24, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
          "num_key_value_heads": 1, "head_dim": 8, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": true
        }
        """;

    private readonly CpuBackend? _backend;
    private readonly Lora? _lora;

    /// <param name="method"><c>lora</c> (with dropout) or <c>full</c>.</param>
    /// <param name="rows">The rows; null: 14 random ones.</param>
    /// <param name="batches">The batches; null: 2 rows at a time, 2 batches a step, in random order.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="backend">Another backend than the processor's.</param>
    public TinyRun(string method = "lora", TokenRow[]? rows = null, BatchOptions? batches = null, int threads = 1, IBackend? backend = null)
    {
        _backend = backend is null ? new CpuBackend(new CpuBackendOptions { Threads = threads }) : null;
        var device = new Device(_backend ?? backend!);
        ModelConfig config = ModelConfig.Parse(Encoding.UTF8.GetBytes(Config), "tiny");
        var builder = new WeightBuilder(device, new RandomWeights(), new WeightOptions { Training = true, IsTrainable = _ => method == "full" });
        Model = KnownModels.CausalLmFor(config).Load(config, builder);
        if (method == "lora")
        {
            _lora = Lora.Create(Model, new LoraOptions { R = 2, LoraDropout = 0.2 }, seed: 3);
        }

        Weights = _lora is null ? new ModelWeights(Model) : new AdapterWeights(_lora);
        Objective = new CausalLmObjective(Model);
        Data = new DataLoader(rows ?? RandomRows(14, seed: 1), batches ?? new BatchOptions { PerDeviceTrainBatchSize = 2, GradientAccumulationSteps = 2 }, int.MaxValue);
        HeldOut = new DataLoader(RandomRows(5, seed: 2), new BatchOptions { TrainSamplingStrategy = "sequential" }, int.MaxValue);
    }

    public CausalLmModel Model { get; }

    public TrainedWeights Weights { get; }

    public IObjective Objective { get; }

    public DataLoader Data { get; }

    public DataLoader HeldOut { get; }

    /// <summary>Twelve steps (three epochs) that log each one.</summary>
    public static TrainingOptions Options(string? outputDir = null) => new()
    {
        OutputDir = outputDir,
        LoggingSteps = 2,
        Optimizer = new OptimizerOptions { LearningRate = 0.02, WeightDecay = 0.1, WarmupSteps = 2 },
        Saving = new SaveOptions { SaveStrategy = outputDir is null ? "no" : "steps", SaveSteps = 3 },
    };

    public static TokenRow[] RandomRows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => random.Next(Vocabulary))];
            return new TokenRow(ids, [.. ids.Select((id, i) => i > 1 && random.Next(4) == 0 ? TokenRow.NoLoss : id)]);
        })];
    }

    public static TokenRow LongRow(int tokens)
    {
        int[] ids = [.. Enumerable.Range(0, tokens).Select(i => i % Vocabulary)];
        return new TokenRow(ids, ids);
    }

    public Trainer Trainer(TrainingOptions options, params ITrainingObserver[] observers) => new(options, Objective, Weights, Data, HeldOut, observers);

    public float[][] Values() => [.. Weights.Parameters.Select(parameter => parameter.Value!.ToArray())];

    public void Dispose()
    {
        _lora?.Dispose();
        Model.Device.Dispose();
        _backend?.Dispose();
    }

    private sealed class RandomWeights : IWeightReader
    {
        public string Location => "tiny";

        public IReadOnlyCollection<string> Names => [];

        public bool TryGetShape(string name, in Shape expected, out Shape shape)
        {
            shape = expected;
            return true;
        }

        public void Read(string name, long elementOffset, Span<float> destination)
        {
            if (name.EndsWith("norm.weight", StringComparison.Ordinal))
            {
                destination.Fill(1);
            }
            else
            {
                Initialisers.Uniform(destination, 0.5, seed: 1, name);
            }
        }
    }
}
