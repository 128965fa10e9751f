namespace Attune.Hub;

/// <summary>A lock that one process and thread at a time has: the file is open and locked for as long as it is held, as Python's filelock does it, so that both wait for each other.</summary>
internal static class HubLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until nobody else holds a lock and takes it; disposing gives it back. The file stays, because others may be waiting for it.</summary>
    /// <param name="path">The file that stands for the lock.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public static IDisposable Take(string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (cancellation.WaitHandle.WaitOne(Pause))
                {
                    throw new OperationCanceledException(cancellation);
                }
            }
        }
    }

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is var code && (OperatingSystem.IsWindows() ? code == 32 : code is 11 or 35);
}
