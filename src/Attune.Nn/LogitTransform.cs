using Attune.Tensors;

namespace Attune.Nn;

/// <summary>What a family does to the products of its output layer: logits = cap tanh(scale z / cap), or scale z without a cap.</summary>
/// <param name="Scale">Factor of the products.</param>
/// <param name="Softcap">Limit of the logits, above 0; null for none.</param>
public sealed record LogitTransform(double Scale, double? Softcap = null)
{
    /// <summary>The logits for the products of the output layer; recorded.</summary>
    public Tensor Apply(Tensor products)
    {
        Tensor scaled = Scale == 1 ? products : products.Affine(Scale);
        return Softcap is { } cap ? scaled.Softcap(cap) : scaled;
    }

    /// <summary>d logits / d products for given logits; not recorded.</summary>
    internal Tensor Derivative(Tensor logits)
    {
        using var pause = logits.Device.Tape.Pause();
        return Softcap is { } cap
            ? logits.Affine(1 / cap).Square().Affine(-Scale, Scale)
            : logits.Device.Full(logits.Shape, logits.DType, Scale);
    }
}
