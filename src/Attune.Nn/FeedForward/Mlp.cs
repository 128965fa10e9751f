using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>Two projections with an activation between them: down(f(up(x))).</summary>
public sealed class Mlp : SubLayer
{
    private readonly Linear _up;
    private readonly Linear _down;
    private readonly Activation _activation;

    /// <summary>Makes a layer.</summary>
    public Mlp(string name, Linear up, Linear down, Activation activation)
        : base(name)
    {
        _up = Add(up);
        _down = Add(down);
        _activation = activation;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass) => _down.Forward(_activation.Apply(_up.Forward(x)), residual);
}
