namespace Attune.Training.Runs;

/// <summary>Keeps a run's folder for one process. The system lets the lock go with the process, however that ends, so nothing has to be cleaned up.</summary>
/// <remarks>It is advisory (flock on Unix): it keeps out other runs of this library. Network file systems without locks do not keep anybody out.</remarks>
public sealed class RunLock : IDisposable
{
    /// <summary>Name of the file that is locked; it stays in the folder.</summary>
    public const string FileName = ".lock";

    private readonly FileStream _stream;

    private RunLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock; the folder must exist.</summary>
    /// <exception cref="TrainingException">Another process holds it.</exception>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static RunLock Take(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1));
        }
        catch (IOException error) when (IsHeld(error))
        {
            throw new TrainingException(
                $"{folder}: another process is working in this run's folder (it holds {path}); wait for its end or stop it, or give another output folder. The lock ends with that process, so there is nothing to delete.", error);
        }
    }

    /// <summary>Whether a process works in a folder.</summary>
    public static bool IsTaken(string folder)
    {
        try
        {
            // Shared, so that two who ask do not take each other for a run.
            string path = Path.Combine(folder, FileName);
            using FileStream? stream = File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1) : null;
            return false;
        }
        catch (IOException error)
        {
            return IsHeld(error);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Lets the lock go.</summary>
    public void Dispose() => _stream.Dispose();

    // EWOULDBLOCK of flock (11 on Linux, 35 on macOS), ERROR_SHARING_VIOLATION on Windows.
    private static bool IsHeld(IOException error) => error.HResult is 11 or 35 or unchecked((int)0x80070020);
}
