namespace Attune.Cli;

/// <summary>The command line or a recipe asks for something that cannot be done; the message says what was expected and what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);
