using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>A backbone without a head: states, and for some families a vector per sequence.</summary>
public sealed class EncoderModel : Network
{
    private readonly Pooler? _pooler;

    private EncoderModel(HeadParts parts)
        : base(parts.Backbone.Device, parts.Backbone.Compute)
    {
        Backbone = Add(parts.Backbone);

        // Models for sentence embeddings leave out the pooler that they never trained.
        if (parts.Layout.Base is { Transform: { } transform } pooler && parts.BackboneWeights.Has($"{transform.Dense}.weight"))
        {
            _pooler = Add(parts.Pooler(pooler));
        }
    }

    /// <summary>The backbone.</summary>
    public Backbone Backbone { get; }

    /// <summary>Whether <see cref="Pool"/> can be asked.</summary>
    public bool HasPooler => _pooler is not null;

    /// <inheritdoc/>
    public override Linear? OutputLayer => null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> DefaultLoraTargets => Backbone.DefaultLoraTargets;

    /// <summary>Makes the model.</summary>
    public static EncoderModel Load(HeadParts parts) => new(parts);

    /// <summary>The last states [N, C].</summary>
    public Tensor Hidden(in ForwardPass pass) => Backbone.Forward(pass);

    /// <summary>The pooler's vector [S, C] of each sequence for the last states [N, C].</summary>
    /// <exception cref="TensorException">The model has no pooler.</exception>
    public Tensor Pool(Tensor hidden, TokenBatch batch) => _pooler?.Forward(hidden, batch) ?? throw new TensorException("pooler: this model has none");
}
