using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>
/// Experts whose weights lie in one array each, with gates and multipliers in turn (gpt-oss): for gate and up clipped at the limit,
/// down((up + 1) gate sigmoid(alpha gate)).
/// </summary>
public sealed class ClampedExperts : Experts
{
    private readonly Parameter _gateUp;
    private readonly Parameter _gateUpBias;
    private readonly Parameter _down;
    private readonly Parameter _downBias;
    private readonly double _alpha;
    private readonly double _limit;

    /// <summary>Makes experts.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="gateUp">[E, C, 2 I].</param>
    /// <param name="gateUpBias">[E, 2 I].</param>
    /// <param name="down">[E, I, C].</param>
    /// <param name="downBias">[E, C].</param>
    /// <param name="alpha">Steepness of the sigmoid.</param>
    /// <param name="limit">Gates are at most this, multipliers within it on both sides.</param>
    public ClampedExperts(string name, Parameter gateUp, Parameter gateUpBias, Parameter down, Parameter downBias, double alpha, double limit)
        : base(name)
    {
        _gateUp = gateUp;
        _gateUpBias = gateUpBias;
        _down = down;
        _downBias = downBias;
        _alpha = alpha;
        _limit = limit;
        Own(gateUp);
        Own(gateUpBias);
        Own(down);
        Own(downBias);
    }

    /// <inheritdoc/>
    public override Tensor Forward(int expert, Tensor x, ForwardPass pass)
    {
        Tensor pairs = Linear(x, _gateUp, _gateUpBias, expert);
        (Tensor gate, Tensor up) = pairs.Reshape(x.Shape[0], -1, 2).Split(2, 1, 1);
        gate = gate.Reshape(x.Shape[0], -1).Minimum(x.Device.Full([], x.DType, _limit));
        up = up.Reshape(x.Shape[0], -1).Clip(_limit);
        return Linear(up.Affine(1, 1).Mul(gate.Mul(gate.Affine(_alpha).Sigmoid())), _down, _downBias, expert);
    }

    private static Tensor Linear(Tensor x, Parameter weight, Parameter bias, int expert)
    {
        Tensor matrix = weight.Value!.Narrow(0, expert, 1).Reshape(weight.Shape[1], weight.Shape[2]);
        return x.MatMul(matrix).Add(bias.Value!.Narrow(0, expert, 1).Cast(x.DType));
    }
}
