using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Attune.Formats;

/// <summary>Makes names in a folder durable: after a rename the folder itself has to reach the disk.</summary>
internal static class DirectoryFlush
{
    private const int ReadOnly = 0;

    /// <summary>Flushes a folder to the disk; does nothing on Windows, where renames are journalled.</summary>
    public static void ToDisk(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // .NET refuses to open folders as files, so the descriptor comes from the C library, which every Unix has.
        using var handle = new SafeFileHandle(Open(folder, ReadOnly), ownsHandle: true);
        if (handle.IsInvalid)
        {
            throw new IOException($"the folder {folder} could not be opened to flush it to the disk (error {Marshal.GetLastPInvokeError()})");
        }

        RandomAccess.FlushToDisk(handle);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
