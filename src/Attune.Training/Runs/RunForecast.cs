namespace Attune.Training.Runs;

/// <summary>What a run was foretold to take, before its model was loaded.</summary>
/// <param name="MemoryBytes">The most memory of the process.</param>
/// <param name="Steps">Optimiser steps.</param>
public sealed record RunForecast(long MemoryBytes, long Steps);
