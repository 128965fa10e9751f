using Attune.Nn;

namespace Attune.Training.Optimizers;

/// <summary>Parameters that share a learning rate and a weight decay.</summary>
/// <param name="Parameters">The parameters.</param>
/// <param name="LearningRateFactor">Their learning rate as a multiple of the schedule's.</param>
/// <param name="WeightDecay">Their decoupled decay.</param>
public sealed record ParameterGroup(IReadOnlyList<Parameter> Parameters, double LearningRateFactor, double WeightDecay);
