using Attune.Tensors;

namespace Attune.Nn.Blocks;

/// <summary>Attention, then the feed-forward layer, each added to the states.</summary>
public sealed class SequentialBlock : Block
{
    private readonly DType _compute;
    private readonly Branch _attention;
    private readonly Branch _feedForward;

    /// <summary>Makes a block from its place in the weights and its parts.</summary>
    public SequentialBlock(WeightBuilder at, Branch attention, Branch feedForward)
        : base(at.Path)
    {
        _compute = at.Options.Compute;
        _attention = AddParts(attention);
        _feedForward = AddParts(feedForward);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor h, ForwardPass pass) => _feedForward.Forward(_attention.Forward(h, pass, _compute), pass, _compute);

    private Branch AddParts(Branch branch)
    {
        AddIfAny(branch.InputNorm);
        Add(branch.Layer);
        AddIfAny(branch.OutputNorm);
        return branch;
    }
}
