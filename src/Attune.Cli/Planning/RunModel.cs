using Attune.Adapters;
using Attune.Adapters.Methods;
using Attune.Cli.Models;
using Attune.Cli.Tasks;
using Attune.Cli.Training;
using Attune.Formats;
using Attune.Hub;
using Attune.Models;
using Attune.Nn;
using Attune.Tensors;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;
using Attune.Training.Planning;

namespace Attune.Cli.Planning;

/// <summary>The model of a run as its command line describes it, without its weights.</summary>
internal sealed class RunModel(CommandContext context, ModelFile file, TrainingMethod method, TaskData? task)
{
    private const string LayersKey = "num_hidden_layers";

    private readonly ModelOptions _options = context.Values.Build<ModelOptions>();

    /// <summary>Whether only an adapter is trained.</summary>
    public bool IsAdapter => method.IsAdapter;

    /// <summary>Whether rows can be cut without losing their meaning.</summary>
    public bool CanCutRows => task is null;

    /// <summary>Whether the rows of a batch are compared with each other, so that smaller batches learn something else.</summary>
    public bool NeedsWholeBatches => task?.Model.ComparesRows == true;

    /// <summary>Layers of a model that continues texts; 0 where its configuration says nothing of them.</summary>
    public int Layers => task is null ? file.Config.GetPositive(LayersKey, 0) : 0;

    /// <summary>Whether frozen weights are held in 8 bits.</summary>
    public bool IsIn8Bit { get; } = context.Values.Build<RunOptions>().LoadIn8Bit;

    /// <summary>Memory of all weights in the precision of products.</summary>
    public long PlainBytes => file.Tensors.Names.Sum(name => file.Tensors.TryGetInfo(name, out TensorInfo? info) ? info.Shape.Count : 0)
        * ModelSession.ComputeType(_options.Dtype, ModelSession.DefaultTier()).SizeInBytes;

    /// <summary>Sets the model up as a run does, but for its weights.</summary>
    /// <param name="device">Where.</param>
    /// <param name="isNoise">Whether the weights are noise; else zeros.</param>
    /// <param name="layers">How many layers it has; null for all.</param>
    public (Network Network, PlannedModel Model) Create(Device device, bool isNoise = false, int? layers = null)
    {
        ulong seed = (ulong)context.Values.Build<TrainingOptions>().Seed;
        var weights = new WeightOptions { Compute = ModelSession.ComputeType(_options.Dtype, device.Backend.Tier), Training = true, IsTrainable = method.IsTrainable, LoadIn8Bit = IsIn8Bit };
        using var tensors = new BlankTensors(file.Tensors, isNoise, layers ?? int.MaxValue);
        ModelConfig config = layers is { } few ? file.Config.With(LayersKey, few) : file.Config;
        Network network = task?.Model.Load(device, tensors, weights, seed) ?? CausalLmLoader.Load(device, config, tensors, weights);
        Adapter? adapter = method.IsAdapter ? Adapt(context, network, task) : null;
        return (network, new PlannedModel(ObjectiveOf(network, task), WeightsOf(network, adapter)));
    }

    /// <summary>A new adapter of the run on its model.</summary>
    public static Adapter Adapt(CommandContext context, Network network, TaskData? task)
    {
        // What PEFT opens elsewhere is the name on the hub, not where this machine keeps it.
        string? model = (string?)context.Values.Get(context.Values.Schema.Find("model")!);
        HubAddress? hub = model is not null && HubAddress.Is(model) ? HubAddress.Parse(model, HubKind.Model) : null;
        LoraOptions lora = context.Values.Build<LoraOptions>() with
        {
            BaseModelNameOrPath = hub?.Name ?? model,
            Revision = hub?.Revision is "main" ? null : hub?.Revision,
        };
        return Lora.Create(network, task?.Adapt(lora) ?? lora, (ulong)context.Values.Build<TrainingOptions>().Seed);
    }

    /// <summary>What is made smaller.</summary>
    public static IObjective ObjectiveOf(Network network, TaskData? task) => task?.Model.Objective(network) ?? new CausalLmObjective((CausalLmModel)network);

    /// <summary>What is trained.</summary>
    public static TrainedWeights WeightsOf(Network network, Adapter? adapter) => adapter is null ? new ModelWeights(network) : new AdapterWeights(adapter);
}
