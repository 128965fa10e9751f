using Attune.Tensors;

namespace Attune.Nn.Blocks;

/// <summary>Attention, then the feed-forward layer, each added to the states, which are normalised after that (Vaswani et al. 2017).</summary>
public sealed class PostNormBlock : Block
{
    private readonly DType _compute;
    private readonly SubLayer _attention;
    private readonly Norm _attentionNorm;
    private readonly SubLayer _feedForward;
    private readonly Norm _feedForwardNorm;

    /// <summary>Makes a block from its place in the weights and its parts; the norms give the residual stream, so their results are single precision.</summary>
    public PostNormBlock(WeightBuilder at, SubLayer attention, Norm attentionNorm, SubLayer feedForward, Norm feedForwardNorm)
        : base(at.Path)
    {
        _compute = at.Options.Compute;
        _attention = Add(attention);
        _attentionNorm = Add(attentionNorm);
        _feedForward = Add(feedForward);
        _feedForwardNorm = Add(feedForwardNorm);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor h, ForwardPass pass)
    {
        h = _attentionNorm.Forward(_attention.Forward(h.Cast(_compute), h, pass));
        return _feedForwardNorm.Forward(_feedForward.Forward(h.Cast(_compute), h, pass));
    }
}
