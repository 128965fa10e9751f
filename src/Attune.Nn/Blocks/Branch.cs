using Attune.Tensors;

namespace Attune.Nn.Blocks;

/// <summary>A part of a block with the norms around it: h + scale outputNorm(layer(inputNorm(h))).</summary>
/// <param name="InputNorm">Normalises what the part reads; null when it reads the states themselves.</param>
/// <param name="Layer">The part.</param>
/// <param name="OutputNorm">Normalises what is added; null for none.</param>
/// <param name="Scale">Factor of what is added.</param>
/// <param name="AddsToNormed">Whether the normalised states, not the states themselves, are what is added to (BLOOM).</param>
public sealed record Branch(Norm? InputNorm, SubLayer Layer, Norm? OutputNorm = null, double Scale = 1, bool AddsToNormed = false)
{
    /// <summary>The states [N, C] with the part's output added.</summary>
    /// <param name="h">[N, C].</param>
    /// <param name="pass">The run.</param>
    /// <param name="compute">Element type of what the part reads.</param>
    public Tensor Forward(Tensor h, ForwardPass pass, DType compute)
    {
        Tensor x = InputNorm?.Forward(h) ?? h.Cast(compute);
        h = AddsToNormed ? x.Cast(h.DType) : h;
        if (OutputNorm is null && Scale == 1)
        {
            return Layer.Forward(x, h, pass);
        }

        Tensor y = Layer.Forward(x, null, pass);
        y = OutputNorm?.Forward(y) ?? y;
        return h.Add((Scale == 1 ? y : y.Affine(Scale)).Cast(h.DType));
    }
}
