using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>The gated layer down(f(gate(x)) up(x)) whose first projection makes both, the gate's rows before the other ones.</summary>
public sealed class FusedGatedMlp : SubLayer
{
    private readonly Linear _gateUp;
    private readonly Linear _down;
    private readonly Activation _activation;

    /// <summary>Makes a layer.</summary>
    public FusedGatedMlp(string name, Linear gateUp, Linear down, Activation activation)
        : base(name)
    {
        _gateUp = Add(gateUp);
        _down = Add(down);
        _activation = activation;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        (Tensor gate, Tensor up) = _gateUp.Forward(x).Split(1, _down.InFeatures, _down.InFeatures);
        return _down.Forward(_activation.Gate(gate, up), residual);
    }
}
