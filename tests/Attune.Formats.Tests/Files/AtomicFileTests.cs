using Attune.Testing;

namespace Attune.Formats.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Replaces_an_older_file()
    {
        AtomicFile.WriteAllText(_folder["new/a.txt"], "one é");
        AtomicFile.WriteAllText(_folder["new/a.txt"], "two");
        Assert.Equal("two", File.ReadAllText(_folder["new/a.txt"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder["new"]));
    }

    [Fact]
    public void Leaves_the_older_file_when_not_committed()
    {
        AtomicFile.WriteAllText(_folder["a.txt"], "one");
        using (AtomicFile file = AtomicFile.Create(_folder["a.txt"]))
        {
            RandomAccess.Write(file.Handle, [1, 2, 3], 0);
            Assert.Throws<IOException>(() => AtomicFile.Create(_folder["a.txt"]));
        }

        Assert.Equal("one", File.ReadAllText(_folder["a.txt"]));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_copy_of_what_can_only_be_read_can_be_written()
    {
        byte[] contents = new byte[300_000];
        new Random(1).NextBytes(contents);
        string source = _folder.Write("a", contents);
        File.SetAttributes(source, FileAttributes.ReadOnly);
        try
        {
            AtomicFile.Copy(source, _folder["new/b"]);
            AtomicFile.Copy(source, _folder["new/b"]);
        }
        finally
        {
            File.SetAttributes(source, FileAttributes.Normal);
        }

        Assert.Equal(contents, File.ReadAllBytes(_folder["new/b"]));
        Assert.False(File.GetAttributes(_folder["new/b"]).HasFlag(FileAttributes.ReadOnly));
        Assert.Single(Directory.GetFileSystemEntries(_folder["new"]));
    }
}
