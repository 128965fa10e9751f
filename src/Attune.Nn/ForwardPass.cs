using Attune.Tensors;

namespace Attune.Nn;

/// <summary>One run of a model over a batch: what the layers read besides the hidden states.</summary>
/// <param name="Tokens">The batch.</param>
public readonly record struct ForwardPass(TokenBatch Tokens)
{
    /// <summary>Keys and values of earlier tokens; null when every sequence is whole.</summary>
    public IKvCache? Cache { get; init; }

    /// <summary>Whether blocks are computed again in the backward pass instead of keeping what happens inside (gradient checkpointing).</summary>
    public bool Recompute { get; init; }

    /// <summary>What a model makes once for all of its blocks; set by the model itself.</summary>
    public object? Shared { get; init; }

    /// <summary>Is shown the input of the first block (0), the output of block n (n) and the input of the output layer (-1); for tests and analyses.</summary>
    public Action<int, Tensor>? Observer { get; init; }
}
