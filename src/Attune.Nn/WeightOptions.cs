using Attune.Tensors;

namespace Attune.Nn;

/// <summary>How a model's weights are held.</summary>
public sealed record WeightOptions
{
    /// <summary>Precision of activations and products: F32 or BF16. Sums are always made in single precision.</summary>
    public DType Compute { get; init; } = DType.F32;

    /// <summary>Whether gradients will flow through the model; matrices are then packed for both directions.</summary>
    public bool Training { get; init; }

    /// <summary>
    /// Whether frozen weights of linear layers, but for output layers, are held as 8-bit codes with a scale per row, where the backend multiplies such: half the memory of bf16, and products of
    /// rows that are rounded to 8 bits, too. Default: false.
    /// </summary>
    public bool LoadIn8Bit { get; init; }

    /// <summary>
    /// Whether products of many rows with weights that keep the few bits of their file, but for output layers, round the rows to int8, in blocks of 32 with a scale each, and multiply integers, where the
    /// backend does such. Default: false.
    /// </summary>
    public bool Int8Activations { get; init; }

    /// <summary>Says by full name which weights are trained; they are held in single precision. Default: none.</summary>
    public Func<string, bool> IsTrainable { get; init; } = static _ => false;

    /// <summary>Ends the loading, or making, of weights with an <see cref="OperationCanceledException"/>. Default: never.</summary>
    public CancellationToken Cancellation { get; init; }
}
