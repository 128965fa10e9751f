using Attune.Testing;

namespace Attune.Formats.Tests.Files;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Replaces_the_older_folder_as_a_whole()
    {
        Save("old.txt", commit: true);
        Save("new.txt", commit: true);
        Assert.Equal([_folder["out"]], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal([Path.Combine(_folder["out"], "sub")], Directory.GetFileSystemEntries(_folder["out"]));
        Assert.True(File.Exists(Path.Combine(_folder["out"], "sub", "new.txt")));
    }

    [Fact]
    public void Leaves_the_older_folder_when_not_committed()
    {
        Save("old.txt", commit: true);
        Save("new.txt", commit: false);
        Assert.Equal([_folder["out"]], Directory.GetFileSystemEntries(_folder.Path));
        Assert.True(File.Exists(Path.Combine(_folder["out"], "sub", "old.txt")));
    }

    [Fact]
    public void Removes_and_takes_back_what_a_killed_process_left()
    {
        Directory.CreateDirectory(_folder[".out.tmp"]);
        _folder.Write(Path.Combine(".out.tmp", "half"), "x");
        Directory.CreateDirectory(_folder[".out.old"]);
        _folder.Write(Path.Combine(".out.old", "kept"), "x");
        using AtomicFolder folder = AtomicFolder.Create(_folder["out"]);
        Assert.Empty(Directory.GetFileSystemEntries(folder.TemporaryPath));
        Assert.True(File.Exists(Path.Combine(_folder["out"], "kept")));
    }

    private void Save(string name, bool commit)
    {
        using AtomicFolder folder = AtomicFolder.Create(_folder["out"] + "/");
        Directory.CreateDirectory(Path.Combine(folder.TemporaryPath, "sub"));
        File.WriteAllText(Path.Combine(folder.TemporaryPath, "sub", name), name);
        if (commit)
        {
            folder.Commit();
        }
    }
}
