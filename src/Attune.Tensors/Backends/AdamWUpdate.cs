namespace Attune.Tensors.Backends;

/// <summary>A parameter that a step of AdamW changes, and what it is changed by.</summary>
/// <param name="Parameter">p.</param>
/// <param name="Gradient">g, before it is scaled.</param>
/// <param name="FirstMoment">m.</param>
/// <param name="SecondMoment">v.</param>
/// <param name="Step">The step.</param>
public readonly record struct AdamWUpdate(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment, AdamWStep Step);
