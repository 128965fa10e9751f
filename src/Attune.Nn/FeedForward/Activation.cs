using Attune.Tensors;

namespace Attune.Nn.FeedForward;

/// <summary>A nonlinear function of the layers between two projections.</summary>
/// <param name="Name">Its name in configurations.</param>
/// <param name="Apply">The function, element by element.</param>
/// <param name="Gate">The function of the first tensor times the second one.</param>
public sealed record Activation(string Name, Func<Tensor, Tensor> Apply, Func<Tensor, Tensor, Tensor> Gate);
