using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>The gated layer down(f(gate(x)) up(x)) (Shazeer 2020).</summary>
public sealed class GatedMlp : SubLayer
{
    private readonly Linear _gate;
    private readonly Linear _up;
    private readonly Linear _down;
    private readonly Activation _activation;

    /// <summary>Makes a layer.</summary>
    public GatedMlp(string name, Linear gate, Linear up, Linear down, Activation activation)
        : base(name)
    {
        _gate = Add(gate);
        _up = Add(up);
        _down = Add(down);
        _activation = activation;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        Span<Tensor> outputs = [x, x];
        Linear.Forward(x, [_gate, _up], outputs);
        return _down.Forward(_activation.Gate(outputs[0], outputs[1]), residual);
    }
}
