using System.Text.Json;
using Attune.Adapters;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Training.Tests;

/// <summary>A run of the reference trainer, set up to be done again.</summary>
internal sealed class GoldenRun : IDisposable
{
    /// <summary>Hugging Face's names of options.</summary>
    public static JsonSerializerOptions Names { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly JsonDocument _document;
    private readonly IBackend _backend;
    private readonly Adapter? _adapter;

    public GoldenRun(string name, string backend)
    {
        Folder = Goldens.Require("training", "trainer", name);
        _document = GoldenArrays.Json(Path.Combine(Folder, "run.json"));
        string modelFolder = Recorded.TryGetProperty("initial_model", out JsonElement initial)
            ? Goldens.Require(["training", "trainer", .. initial.GetString()!.Split('/')])
            : Path.Combine(Folder, "model");
        ModelConfig config = ModelConfig.Load(Path.Combine(modelFolder, "config.json"));
        Assert.SkipUnless(KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType), $"{config.ModelType} is no decoder: see {nameof(HeadRunGoldenTests)} and {nameof(Seq2SeqRunGoldenTests)}");
        _backend = TestBackends.Create(backend);
        string adapter = Path.Combine(Folder, "adapter_init");
        bool full = !Directory.Exists(adapter);
        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(modelFolder, "model.safetensors"));
        Model = CausalLmLoader.Load(new Device(_backend), config, weights, new WeightOptions { Training = true, IsTrainable = _ => full });
        _adapter = full ? null : AdapterFolder.Open(adapter, Model);
        Weights = _adapter is null ? new ModelWeights(Model) : new AdapterWeights(_adapter);
        Objective = new CausalLmObjective(Model);
        bool packed = File.Exists(Path.Combine(Folder, "packed.json"));
        int maxLength = packed ? Recorded.GetProperty("max_length").GetInt32() : int.MaxValue;
        Data = new DataLoader(
            Rows(RowsPath()),
            new BatchOptions
            {
                PerDeviceTrainBatchSize = Arguments.GetProperty("per_device_train_batch_size").GetInt32(),
                GradientAccumulationSteps = Arguments.GetProperty("gradient_accumulation_steps").GetInt32(),
                TrainSamplingStrategy = "sequential",
                Packing = packed,
            },
            maxLength);
    }

    public string Folder { get; }

    public JsonElement Recorded => _document.RootElement;

    public CausalLmModel Model { get; }

    public TrainedWeights Weights { get; }

    public IObjective Objective { get; }

    public DataLoader Data { get; }

    public TrainingOptions Options => new()
    {
        MaxSteps = Arguments.GetProperty("max_steps").GetInt32(),
        NumTrainEpochs = Arguments.GetProperty("num_train_epochs").GetDouble(),
        GradientCheckpointing = Arguments.GetProperty("gradient_checkpointing").GetBoolean(),
        LoggingSteps = 1,
        Optimizer = new OptimizerOptions
        {
            Optim = Arguments.GetProperty("optim").GetString()!,
            LearningRate = Arguments.GetProperty("learning_rate").GetDouble(),
            WeightDecay = Arguments.GetProperty("weight_decay").GetDouble(),
            AdamBeta1 = Arguments.GetProperty("adam_beta1").GetDouble(),
            AdamBeta2 = Arguments.GetProperty("adam_beta2").GetDouble(),
            AdamEpsilon = Arguments.GetProperty("adam_epsilon").GetDouble(),
            MaxGradNorm = Arguments.GetProperty("max_grad_norm").GetDouble(),
            LrSchedulerType = Arguments.GetProperty("lr_scheduler_type").GetString()!,
            WarmupSteps = Arguments.GetProperty("warmup_steps").GetInt32(),
        },
    };

    /// <summary>The trained weights of the reference, if they were recorded.</summary>
    public string? TrainedPath => ((string[])[Path.Combine(Folder, "trained.safetensors"), Path.Combine(Folder, "adapter_trained", AdapterFolder.TensorsName)]).FirstOrDefault(File.Exists);

    private JsonElement Arguments => Recorded.GetProperty("arguments");

    public static TokenRow[] Rows(string path)
    {
        using JsonDocument document = GoldenArrays.Json(path);
        return [.. document.RootElement.EnumerateArray().Select(row => new TokenRow(row.GetProperty("input_ids").Ints(), row.GetProperty("labels").Ints()))];
    }

    public string FileName(Parameter parameter) => _adapter?.FileName(parameter) ?? parameter.Name;

    public float[][] Values() => [.. Weights.Parameters.Select(parameter => parameter.Value!.ToArray())];

    public void Dispose()
    {
        _document.Dispose();
        Model.Device.Dispose();
        (_backend as IDisposable)?.Dispose();
    }

    private string RowsPath() => Recorded.TryGetProperty("rows", out JsonElement rows) && !rows.GetString()!.Contains(' ')
        ? Goldens.Require(["training", "trainer", .. rows.GetString()!.Split('/')])
        : Path.Combine(Folder, "rows.json");
}
