using Attune.Models;

namespace Attune.Training.Objectives;

/// <summary>A kind of objective.</summary>
/// <param name="Key">What users write.</param>
/// <param name="Create">Makes the objective for a model.</param>
public sealed record ObjectiveKind(string Key, Func<CausalLmModel, IObjective> Create);

/// <summary>All objectives.</summary>
public static class KnownObjectives
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<ObjectiveKind> All { get; } =
    [
        new(CausalLmObjective.Name, static model => new CausalLmObjective(model)),
    ];
}
