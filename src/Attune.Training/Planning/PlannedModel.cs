using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Training.Planning;

/// <summary>What is trained, set up on a device of the planner's, with weights that hold nothing.</summary>
/// <param name="Objective">What is made smaller.</param>
/// <param name="Weights">What is trained.</param>
public sealed record PlannedModel(IObjective Objective, TrainedWeights Weights);
