using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models;

/// <summary>The part of a model below its head: from token ids to a state per token.</summary>
public abstract class Backbone : Module
{
    /// <summary>Makes a backbone of the weights at a place.</summary>
    protected Backbone(WeightBuilder weights)
        : base(weights.Path)
    {
        Device = weights.Device;
        Compute = weights.Options.Compute;
    }

    /// <summary>The device that holds the weights.</summary>
    public Device Device { get; }

    /// <summary>Precision of activations and products: F32 or BF16.</summary>
    public DType Compute { get; }

    /// <summary>Number of token ids V.</summary>
    public abstract int VocabSize { get; }

    /// <summary>Width of the states: C.</summary>
    public abstract int HiddenSize { get; }

    /// <summary>The longest sequence that the model was made for, in tokens.</summary>
    public abstract int ContextTokens { get; }

    /// <summary>The table of the tokens, which an output layer may share.</summary>
    public abstract Embedding Tokens { get; }

    /// <summary>The layers that LoRA adapts when no target modules are named, by the end of their names.</summary>
    public abstract IReadOnlyList<string> DefaultLoraTargets { get; }

    /// <summary>The states [N, C] of a batch's tokens.</summary>
    /// <exception cref="TensorException">A sequence is longer than <see cref="ContextTokens"/>, or an id is not in the vocabulary.</exception>
    public abstract Tensor Forward(in ForwardPass pass);
}
