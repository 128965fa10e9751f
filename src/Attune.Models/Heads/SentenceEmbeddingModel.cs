using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>A vector of each text (Reimers and Gurevych 2019): texts that mean the same have vectors that point the same way.</summary>
public sealed class SentenceEmbeddingModel : HeadModel
{
    private const double Epsilon = 1e-12;

    private readonly Pooler _pooler;

    private SentenceEmbeddingModel(HeadParts parts, SentencePooling pooling)
        : base(parts)
    {
        _pooler = parts.Pooler(new PoolerLayout(pooling.Pooling, null));
        Pooling = pooling;

        // The pooler that some families have was never trained for this; files keep it, so that nothing is lost.
        if (parts.Layout.Base is { Transform: { } transform } pooler && parts.BackboneWeights.Has($"{transform.Dense}.weight"))
        {
            Add(parts.Pooler(pooler));
        }
    }

    /// <summary>How vectors are made.</summary>
    public SentencePooling Pooling { get; }

    /// <inheritdoc/>
    public override Linear? OutputLayer => null;

    /// <summary>The head for a model's own way to make vectors.</summary>
    public static ModelHead HeadOf(SentencePooling pooling) => KnownHeads.None with { Load = parts => new SentenceEmbeddingModel(parts, pooling) };

    /// <summary>[S, C]: a vector per sequence, of length 1 where the model says so.</summary>
    public override Tensor Logits(in ForwardPass pass)
    {
        Tensor vectors = _pooler.Forward(Backbone.Forward(pass).Cast(DType.F32), pass.Tokens);
        return Pooling.Normalize ? Normalize(vectors) : vectors;
    }

    /// <summary>Rows [S, C] brought to length 1; rows of zeros stay as they are.</summary>
    public static Tensor Normalize(Tensor vectors)
    {
        Tensor least = vectors.Device.Full([], vectors.DType, Epsilon);
        return vectors.Div(vectors.Square().Sum(-1).Maximum(least.Square()).Sqrt());
    }
}
