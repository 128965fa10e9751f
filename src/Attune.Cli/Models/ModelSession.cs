using Attune.Adapters;
using Attune.Formats;
using Attune.Inference;
using Attune.Kernels;
using Attune.Kernels.Cpu;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Cli.Models;

/// <summary>A loaded model with everything that belongs to it.</summary>
internal sealed class ModelSession : IDisposable
{
    private readonly CpuBackend _backend;

    private ModelSession(CpuBackend backend, ProfilingBackend? profiling, ModelFile file, Network network)
    {
        _backend = backend;
        Profiling = profiling;
        File = file;
        Network = network;
        Config = file.Config;
    }

    /// <summary>Notes what the backend does; null when that was not asked for.</summary>
    public ProfilingBackend? Profiling { get; }

    public ModelFile File { get; }

    /// <summary>The model, whatever it is for.</summary>
    public Network Network { get; }

    /// <summary>The model as one that predicts the next token.</summary>
    public CausalLmModel Model => (CausalLmModel)Network;

    public Adapter? Adapter { get; set; }

    /// <summary>Instructions in use, such as <c>avx512-bf16</c>.</summary>
    public string Tier => _backend.Tier;

    public int Threads => _backend.Threads;

    /// <summary>The configuration of what was loaded, with the head and the labels that an adapter brings.</summary>
    public ModelConfig Config { get; private init; }

    /// <summary>Opens model and adapter, whatever they are for.</summary>
    /// <exception cref="UsageException">A head is neither in the model's files nor in the adapter.</exception>
    public static ModelSession Open(ModelOptions options, CancellationToken cancellation, Func<string, bool>? isTrainable = null)
    {
        ModelFile file = ModelFile.Open(CommandContext.Require(options.Model, "model", "a Hugging Face folder or a GGUF file"));
        ModelConfig config = ConfigOf(file, options.Adapter);
        IReadOnlyList<string> fresh = [];
        ModelSession session = Load(file, options, cancellation, isTrainable: isTrainable, load: (device, weights) =>
        {
            LoadedHead loaded = AnyModelLoader.Load(device, config, file.Tensors, weights);
            fresh = loaded.FreshWeights;
            return loaded.Model;
        });
        if (Untrained(fresh, session.Adapter) is { Length: > 0 } missing)
        {
            session.Dispose();
            throw new UsageException($"{options.Model}: {string.Join(", ", config.Architectures)} needs {string.Join(", ", missing)}, which {(options.Adapter is null ? "it lacks" : "neither it nor the adapter has")}");
        }

        return session;
    }

    /// <summary>The configuration of a model, or the one that a run for a task left beside its adapter.</summary>
    public static ModelConfig ConfigOf(ModelFile file, string? adapter)
    {
        string? beside = adapter is null ? null : Path.Combine(adapter, HuggingFaceFolder.ConfigFileName);
        return System.IO.File.Exists(beside) ? ModelConfig.Load(beside) : file.Config;
    }

    /// <summary>The weights that no file had and no adapter brings.</summary>
    public static string[] Untrained(IReadOnlyList<string> fresh, Adapter? adapter) =>
        [.. fresh.Distinct().Where(name => adapter is null || !adapter.Trainable.Any(parameter => parameter.Name.EndsWith($".{name}", StringComparison.Ordinal)))];

    /// <summary>Loads the weights of a model file, which the session closes.</summary>
    /// <param name="file">The model.</param>
    /// <param name="options">How it is held, and its adapter.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="training">Whether gradients will flow.</param>
    /// <param name="isTrainable">Which of the model's own weights are trained; null for none.</param>
    /// <param name="profile">Whether every operation is timed.</param>
    /// <param name="load">Makes the model; null for one that predicts the next token.</param>
    /// <param name="in8Bit">Whether frozen weights are held in 8 bits.</param>
    public static ModelSession Load(
        ModelFile file, ModelOptions options, CancellationToken cancellation, bool training = false, Func<string, bool>? isTrainable = null, bool profile = false,
        Func<Device, WeightOptions, Network>? load = null, bool in8Bit = false)
    {
        CpuBackend? backend = null;
        try
        {
            if (options.Adapter is { } adapter && !System.IO.File.Exists(Path.Combine(adapter, AdapterFolder.ConfigName)))
            {
                throw new UsageException($"adapter: {adapter}: expected a folder with {AdapterFolder.ConfigName}, found none");
            }

            backend = CreateBackend(options.Threads);
            DType compute = ComputeType(options.Dtype, backend.Tier);
            var weights = new WeightOptions
            {
                Compute = compute,
                Training = training,
                IsTrainable = isTrainable ?? (static _ => false),
                LoadIn8Bit = in8Bit,
                Int8Activations = Int8Activations.AreAskedFor(options.Activations, compute),
                Cancellation = cancellation,
            };
            ProfilingBackend? profiling = profile ? new ProfilingBackend(backend) : null;
            var device = new Device(profiling is null ? backend : profiling);
            Network model = load?.Invoke(device, weights) ?? CausalLmLoader.Load(device, file.Config, file.Tensors, weights);
            if (weights.Int8Activations)
            {
                Int8Activations.RequireUse(model, backend.Tier);
            }

            return new ModelSession(backend, profiling, file, model)
            {
                Config = ConfigOf(file, options.Adapter),
                Adapter = options.Adapter is null ? null : AdapterFolder.Open(options.Adapter, model),
            };
        }
        catch
        {
            backend?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model that writes texts, with an encoder or without.</summary>
    /// <exception cref="ModelFileException">The family is not known, or writes no texts.</exception>
    public static ModelSession LoadWriter(ModelFile file, ModelOptions options, CancellationToken cancellation) =>
        Load(file, options, cancellation, load: KnownModels.IsSeq2Seq(file.Config)
            ? (device, weights) => Seq2SeqLoader.Load(device, file.Config, file.Tensors, weights)
            : null);

    /// <summary>What writes texts with the model.</summary>
    public Generator CreateGenerator(ModelText text) => Network is Seq2SeqModel seq2Seq ? new Generator(seq2Seq, text.Tokenizer) : new Generator(Model, text.Tokenizer);

    /// <summary>Frees the model.</summary>
    public void Dispose()
    {
        Adapter?.Dispose();
        Network.Device.Dispose();
        _backend.Dispose();
        File.Dispose();
    }

    /// <summary>Starts the processor's backend.</summary>
    /// <exception cref="UsageException">The number of threads is out of its range, or the tier asked for cannot run here.</exception>
    public static CpuBackend CreateBackend(int? threads)
    {
        if (threads is < 1 or > 1024)
        {
            throw new UsageException($"threads: expected a number from 1 to 1024, found {threads}");
        }

        try
        {
            return new CpuBackend(new CpuBackendOptions { Threads = threads });
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    /// <summary>The tier that a backend will have.</summary>
    /// <exception cref="UsageException">The tier asked for cannot run here.</exception>
    public static string DefaultTier()
    {
        try
        {
            return TierDetection.Default.Name;
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    /// <summary>The precision that a name asks for.</summary>
    /// <exception cref="UsageException">There is no such name.</exception>
    public static DType ComputeType(string name, string tier) => name switch
    {
        "auto" => tier == CpuTier.Avx512Bf16.Name || tier == CpuTier.AmxBf16.Name ? DType.BF16 : DType.F32,
        "fp32" or "float32" or "f32" => DType.F32,
        "bf16" or "bfloat16" => DType.BF16,
        _ => throw new UsageException($"dtype: expected auto, fp32 or bf16, found '{name}'"),
    };
}
