using Attune.Tensors;

namespace Attune.Nn;

/// <summary>The root of a model: what adapters and trainers need to know of it, whatever its family.</summary>
public abstract class Network : Module
{
    /// <summary>Makes the root of a model.</summary>
    protected Network(Device device, DType compute)
        : base(string.Empty)
    {
        Device = device;
        Compute = compute;
    }

    /// <summary>The device that holds the weights.</summary>
    public Device Device { get; }

    /// <summary>Precision of activations and products: F32 or BF16.</summary>
    public DType Compute { get; }

    /// <summary>The layer that makes the model's predictions; null when there is none.</summary>
    public abstract Linear? OutputLayer { get; }

    /// <summary>The layers that LoRA adapts when no target modules are named, by the end of their names.</summary>
    public abstract IReadOnlyList<string> DefaultLoraTargets { get; }
}
