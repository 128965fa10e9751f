namespace Attune.Cli.Runs;

/// <summary>A run that was done again gave other bits.</summary>
internal sealed class RunsDifferException(string message) : Exception(message);
