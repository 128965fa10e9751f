using System.Text.RegularExpressions;

namespace Attune.Hub;

/// <summary>The folder of a repository in the cache, laid out as Python's huggingface_hub does: blobs by their hash, snapshots that link to them, names of revisions.</summary>
internal sealed partial class HubCache(HubOptions options, HubAddress address)
{
    private readonly string _name = $"{(address.Kind == HubKind.Model ? "models" : "datasets")}--{address.Name.Replace("/", "--", StringComparison.Ordinal)}";

    private string Root => Path.Combine(options.Cache, _name);

    /// <summary>Whether a text is the hash of a commit.</summary>
    public static bool IsCommit(string text) => Commit().IsMatch(text);

    /// <summary>The folder of a commit.</summary>
    public string Snapshot(string commit) => Path.Combine(Root, "snapshots", commit);

    /// <summary>Path of a file in the folder of a commit.</summary>
    public string File(string commit, string path) => Path.Combine([Snapshot(commit), .. path.Split('/')]);

    /// <summary>Path of the contents with a hash.</summary>
    /// <exception cref="HubException">The hash is no name of a file.</exception>
    public string Blob(string etag) => EtagForm().IsMatch(etag)
        ? Path.Combine(Root, "blobs", etag)
        : throw new HubException($"{address}: the hub names contents '{etag}', expected a hash");

    /// <summary>Path of the lock of contents, which whoever fetches them holds.</summary>
    /// <exception cref="HubException">The hash is no name of a file.</exception>
    public string Lock(string etag) => Path.Combine(options.Cache, ".locks", _name, Path.GetFileName(Blob(etag)) + ".lock");

    /// <summary>The commit that a revision was when it was last fetched; null when it never was.</summary>
    public string? FindCommit(string revision)
    {
        if (IsCommit(revision))
        {
            return Directory.Exists(Snapshot(revision)) ? revision : null;
        }

        string path = Path.Combine(Root, "refs", revision);
        return System.IO.File.Exists(path) && System.IO.File.ReadAllText(path).Trim() is var commit && IsCommit(commit) && Directory.Exists(Snapshot(commit)) ? commit : null;
    }

    /// <summary>Notes which commit a revision is.</summary>
    public void SetCommit(string revision, string commit)
    {
        if (!IsCommit(revision))
        {
            string path = Path.Combine(Root, "refs", revision);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // Others may write or read it at the same time.
            string temporary = $"{path}.{Path.GetRandomFileName()}";
            System.IO.File.WriteAllText(temporary, commit);
            System.IO.File.Move(temporary, path, overwrite: true);
        }
    }

    /// <summary>Whether a file of a commit is there. A link whose contents were cleared away is no file, though <see cref="System.IO.File.Exists"/> says yes.</summary>
    public bool Has(string commit, string path) => IsWhole(File(commit, path));

    /// <summary>The files of a commit that are there, with <c>/</c> between folders.</summary>
    public IReadOnlyList<string> Files(string commit)
    {
        string folder = Snapshot(commit);
        return
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(IsWhole)
                .Select(file => Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Puts a link to contents into the folder of a commit; a copy where links are not possible.</summary>
    public void Link(string commit, string path, string etag)
    {
        string link = File(commit, path);
        string folder = Path.GetDirectoryName(link)!;
        Directory.CreateDirectory(folder);
        System.IO.File.Delete(link);
        try
        {
            System.IO.File.CreateSymbolicLink(link, Path.GetRelativePath(folder, Blob(etag)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && OperatingSystem.IsWindows())
        {
            System.IO.File.Copy(Blob(etag), link);
        }
    }

    private static bool IsWhole(string file) =>
        System.IO.File.Exists(file) && System.IO.File.ResolveLinkTarget(file, returnFinalTarget: true) is not { Exists: false };

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Commit();

    [GeneratedRegex("^[0-9A-Za-z][0-9A-Za-z-]{7,127}$")]
    private static partial Regex EtagForm();
}
