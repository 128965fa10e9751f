namespace Attune.Training.Runs;

/// <summary>A difference between a run as it was begun and as it would go on.</summary>
/// <param name="Part">What changed: <c>model</c>, <c>data</c>, <c>eval_data</c>, <c>recipe</c>, <c>tier</c> or <c>code</c>.</param>
/// <param name="Text">The difference, with what was and what is.</param>
public sealed record RunChange(string Part, string Text)
{
    /// <summary>Whether a run cannot go on with it, whatever the user says: its weights belong to another model.</summary>
    public bool IsFinal => Part == "model";

    /// <summary>Whether a run goes on with it unasked, because the result is meant to be the same.</summary>
    public bool IsHarmless => Part == "code";

    /// <inheritdoc/>
    public override string ToString() => $"{Part}: {Text}";
}
