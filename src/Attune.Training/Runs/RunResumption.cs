namespace Attune.Training.Runs;

/// <summary>A time at which an interrupted run was gone on with.</summary>
/// <param name="Time">When.</param>
/// <param name="FirstStep">Steps that were done by then.</param>
/// <param name="Changes">What was no longer as at the beginning; empty for nothing.</param>
public sealed record RunResumption(DateTimeOffset Time, long FirstStep, IReadOnlyList<string> Changes);
