using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>The activations that configurations name.</summary>
public static class KnownActivations
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<Activation> All { get; } =
    [
        new("silu", x => x.Silu(), (gate, up) => gate.SwiGlu(up)),
        new("swish", x => x.Silu(), (gate, up) => gate.SwiGlu(up)),
        new("gelu", x => x.Gelu(), (gate, up) => gate.GeGlu(up)),
        new("gelu_python", x => x.Gelu(), (gate, up) => gate.GeGlu(up)),
        new("gelu_new", x => x.GeluTanh(), (gate, up) => gate.GeGluTanh(up)),
        new("gelu_fast", x => x.GeluTanh(), (gate, up) => gate.GeGluTanh(up)),
        new("gelu_pytorch_tanh", x => x.GeluTanh(), (gate, up) => gate.GeGluTanh(up)),
        new("quick_gelu", x => x.QuickGelu(), (gate, up) => gate.QuickGelu().Mul(up)),
        new("relu", x => x.Relu(), (gate, up) => gate.Relu().Mul(up)),
        new("relu2", x => x.ReluSquared(), (gate, up) => gate.ReluSquared().Mul(up)),
        new("tanh", x => x.Tanh(), (gate, up) => gate.Tanh().Mul(up)),
        new("sigmoid", x => x.Sigmoid(), (gate, up) => gate.Sigmoid().Mul(up)),
        new("mish", x => x.Mish(), (gate, up) => gate.Mish().Mul(up)),
    ];

    /// <summary>Finds an activation by its name; null when there is none.</summary>
    public static Activation? Find(string name) => All.FirstOrDefault(activation => activation.Name == name);
}
