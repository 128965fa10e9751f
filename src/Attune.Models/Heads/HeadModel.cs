using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>A backbone with a head for a task.</summary>
public abstract class HeadModel : Network
{
    /// <summary>The label of a token or row that does not count.</summary>
    public const int Ignored = -100;

    /// <summary>Makes the root of a model.</summary>
    protected HeadModel(HeadParts parts)
        : base(parts.Backbone.Device, parts.Backbone.Compute) => Backbone = Add(parts.Backbone);

    /// <summary>The part below the head.</summary>
    public Backbone Backbone { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets => Backbone.DefaultLoraTargets;

    /// <summary>What the head says of a batch, F32: a row per token, per sequence or per question, as the head documents.</summary>
    public abstract Tensor Logits(in ForwardPass pass);
}
