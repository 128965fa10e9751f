namespace Attune.Training.Tests;

/// <summary>A folder that is deleted at the end of a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("attune-training-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
