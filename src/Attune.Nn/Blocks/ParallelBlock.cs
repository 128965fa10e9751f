using Attune.Tensors;

namespace Attune.Nn.Blocks;

/// <summary>Attention and the feed-forward layer read the same states, and both are added to them (Wang and Komatsuzaki 2021).</summary>
public sealed class ParallelBlock : Block
{
    private readonly Norm _attentionNorm;
    private readonly SubLayer _attention;
    private readonly Norm? _feedForwardNorm;
    private readonly SubLayer _feedForward;

    /// <summary>Makes a block.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="attentionNorm">Normalises what attention reads.</param>
    /// <param name="attention">Attention.</param>
    /// <param name="feedForwardNorm">Normalises what the feed-forward layer reads; null when it reads the same as attention.</param>
    /// <param name="feedForward">The feed-forward layer.</param>
    public ParallelBlock(string name, Norm attentionNorm, SubLayer attention, Norm? feedForwardNorm, SubLayer feedForward)
        : base(name)
    {
        _attentionNorm = Add(attentionNorm);
        _attention = Add(attention);
        _feedForwardNorm = AddIfAny(feedForwardNorm);
        _feedForward = Add(feedForward);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor h, ForwardPass pass)
    {
        Tensor x = _attentionNorm.Forward(h);
        Tensor y = _attention.Forward(x, h, pass);
        return _feedForward.Forward(_feedForwardNorm?.Forward(h) ?? x, y, pass);
    }
}
