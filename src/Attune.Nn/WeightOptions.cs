using Attune.Tensors;

namespace Attune.Nn;

/// <summary>How a model's weights are held.</summary>
public sealed record WeightOptions
{
    /// <summary>Precision of activations and products: F32 or BF16. Sums are always made in single precision.</summary>
    public DType Compute { get; init; } = DType.F32;

    /// <summary>Whether gradients will flow through the model; matrices are then packed for both directions.</summary>
    public bool Training { get; init; }

    /// <summary>Says by full name which weights are trained; they are held in single precision. Default: none.</summary>
    public Func<string, bool> IsTrainable { get; init; } = static _ => false;
}
