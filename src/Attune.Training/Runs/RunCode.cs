using System.Reflection;

namespace Attune.Training.Runs;

/// <summary>The code that made a run.</summary>
/// <param name="Version">Version of the library.</param>
/// <param name="Commit">Commit that it was built from; null where the build did not know.</param>
public sealed record RunCode(string Version, string? Commit)
{
    /// <summary>This code.</summary>
    public static RunCode Current { get; } = Of(typeof(RunCode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    /// <inheritdoc/>
    public override string ToString() => Commit is null ? Version : $"{Version} ({Commit})";

    private static RunCode Of(string version) => version.Split('+', 2) is [string number, string commit] ? new RunCode(number, commit) : new RunCode(version, null);
}
