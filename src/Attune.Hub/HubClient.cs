using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Attune.Hub;

/// <summary>How far a fetch is.</summary>
/// <param name="File">The file.</param>
/// <param name="Bytes">Bytes of it that are there.</param>
/// <param name="TotalBytes">Its size; -1 when the hub does not say.</param>
public sealed record HubProgress(string File, long Bytes, long TotalBytes);

/// <summary>Fetches repositories of the Hugging Face hub into a cache that Python's tools share. Files are data of named kinds; none is executed.</summary>
public sealed class HubClient : IDisposable
{
    private const int MaxListBytes = 64 << 20;
    private const int CopyBytes = 1 << 17;
    private const int Sha1Digits = 40;
    private const int Sha256Digits = 64;

    private readonly HubOptions _options;
    private readonly HubConnection _connection;

    /// <summary>Makes a client; null options are those of the environment.</summary>
    public HubClient(HubOptions? options = null)
    {
        _options = options ?? new HubOptions();
        _connection = new HubConnection(_options);
    }

    /// <summary>Fetches what is missing of a repository.</summary>
    /// <param name="address">What is wanted.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="cancellation">Stops it; what was fetched stays and is gone on with the next time.</param>
    /// <returns>The folder of the revision, and the wanted files in it.</returns>
    /// <exception cref="HubException">The hub cannot be reached or refuses, or contents differ from their hash.</exception>
    /// <exception cref="IOException">A file cannot be kept; the message names it.</exception>
    public HubSnapshot Pull(HubAddress address, Action<HubProgress>? progress = null, CancellationToken cancellation = default)
    {
        var cache = new HubCache(_options, address);
        if (_options.IsOffline)
        {
            string known = cache.FindCommit(address.Revision)
                ?? throw new HubException($"{address}: was never fetched into {_options.Cache}, and HF_HUB_OFFLINE forbids to ask the hub");
            return Snapshot(cache, known, HubFiles.Choose(address, cache.Files(known)));
        }

        (string commit, IReadOnlyList<string> paths) = List(address, cancellation);
        IReadOnlyList<string> wanted = HubFiles.Choose(address, paths);
        foreach (string path in wanted)
        {
            // A commit never changes, so what its folder has is right.
            if (!cache.Has(commit, path))
            {
                Fetch(cache, address, commit, path, progress, cancellation);
            }
        }

        cache.SetCommit(address.Revision, commit);
        return Snapshot(cache, commit, wanted);
    }

    /// <summary>Closes connections.</summary>
    public void Dispose() => _connection.Dispose();

    private static HubSnapshot Snapshot(HubCache cache, string commit, IReadOnlyList<string> paths) =>
        new(cache.Snapshot(commit), commit, [.. paths.Select(path => cache.File(commit, path))]);

    private (string Commit, IReadOnlyList<string> Paths) List(HubAddress address, CancellationToken cancellation)
    {
        string kind = address.Kind == HubKind.Model ? "models" : "datasets";
        Uri place = _connection.At($"api/{kind}/{address.Name}/revision/{Uri.EscapeDataString(address.Revision)}");
        byte[] json = _connection.Try(address.ToString(), () => ReadAll(address.ToString(), place, cancellation), cancellation);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            string commit = document.RootElement.GetProperty("sha").GetString() ?? "";
            string[] paths = [.. document.RootElement.GetProperty("siblings").EnumerateArray().Select(entry => entry.GetProperty("rfilename").GetString() ?? "")];
            return HubCache.IsCommit(commit) ? (commit, paths) : throw new HubException($"{address}: the hub gives '{commit}' as the commit");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException($"{address}: {_options.Endpoint} does not answer as a hub does ({e.Message})", e);
        }
    }

    private byte[] ReadAll(string what, Uri place, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = _connection.Send(what, HttpMethod.Get, place, 0, leaveHub: false, cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw Elsewhere(what, place, answer);
        }

        using Stream stream = answer.Content.ReadAsStream(cancellation);
        using var bytes = new MemoryStream();
        var piece = new byte[CopyBytes];
        for (int read; (read = _connection.Read(stream, piece, cancellation)) > 0;)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > MaxListBytes)
            {
                throw new HubException($"{what}: the list of files is longer than {MaxListBytes} bytes");
            }
        }

        return bytes.ToArray();
    }

    private void Fetch(HubCache cache, HubAddress address, string commit, string path, Action<HubProgress>? progress, CancellationToken cancellation)
    {
        string what = $"{address.Name}/{path}";
        string kind = address.Kind == HubKind.Model ? "" : "datasets/";
        Uri place = _connection.At($"{kind}{address.Name}/resolve/{commit}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");
        (string etag, long size) = _connection.Try(what, () => Describe(what, place, cancellation), cancellation);
        string blob = cache.Blob(etag);
        using IDisposable held = HubLock.Take(cache.Lock(etag), cancellation);

        // Whoever held the lock before may have fetched it.
        if (cache.Has(commit, path))
        {
            return;
        }

        if (!File.Exists(blob))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            string partial = blob + ".incomplete";
            _connection.Try(what, () => Download(what, place, partial, etag, size, progress, path, cancellation), cancellation);
            File.Move(partial, blob, overwrite: true);
        }

        cache.Link(commit, path, etag);
    }

    /// <summary>Hash and size of a file, which the hub says before it sends elsewhere for the contents.</summary>
    private (string Etag, long Size) Describe(string what, Uri place, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = _connection.Send(what, HttpMethod.Head, place, 0, leaveHub: false, cancellation);
        string? etag = Header(answer, "X-Linked-Etag") ?? answer.Headers.ETag?.Tag ?? Header(answer, "ETag");
        string size = Header(answer, "X-Linked-Size") ?? answer.Content.Headers.ContentLength?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "";
        return etag?.Replace("W/", "", StringComparison.Ordinal).Trim('"') is { Length: > 0 } name
            ? (name, long.TryParse(size, out long bytes) && bytes >= 0 ? bytes : -1)
            : throw (answer.IsSuccessStatusCode ? new HubException($"{what}: the hub gives no hash for it") : Elsewhere(what, place, answer));
    }

    private HubException Elsewhere(string what, Uri place, HttpResponseMessage answer) =>
        new($"{what}: {_options.Endpoint} sends on to {new Uri(place, answer.Headers.Location ?? place).GetLeftPart(UriPartial.Authority)}; if the hub is there, set HF_ENDPOINT to it");

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) || answer.Content.Headers.TryGetValues(name, out values) ? values.First() : null;

    private bool Download(string what, Uri place, string partial, string etag, long size, Action<HubProgress>? progress, string path, CancellationToken cancellation)
    {
        using (var file = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            // What an earlier attempt left is gone on with; more than there should be is begun anew.
            file.SetLength(size >= 0 && file.Length > size ? 0 : file.Length);
            if (file.Length != size)
            {
                Append(what, place, file, size, bytes => progress?.Invoke(new HubProgress(path, bytes, size)), cancellation);
            }

            if ((size < 0 || file.Length == size) && HasHash(file, etag))
            {
                file.Flush(flushToDisk: true);
                return true;
            }

            long length = file.Length;
            bool isShort = size >= 0 && length < size;
            file.SetLength(isShort ? length : 0);
            throw new PassingFault(isShort ? $"{length} of {size} bytes came" : $"the contents differ from their hash {etag}; they are damaged on the way or on the hub", null);
        }
    }

    private void Append(string what, Uri place, FileStream file, long size, Action<long> progress, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = _connection.Send(what, HttpMethod.Get, place, file.Length, leaveHub: true, cancellation);
        bool goesOn = answer.StatusCode == System.Net.HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == file.Length;
        if (!goesOn)
        {
            file.SetLength(0);
            if (answer.StatusCode != System.Net.HttpStatusCode.OK)
            {
                throw new PassingFault($"the hub does not go on where it was ({(int)answer.StatusCode})", null);
            }
        }

        file.Position = file.Length;
        long most = size >= 0 ? size : answer.Content.Headers.ContentLength is { } left ? file.Length + left : _options.MaxUnsizedBytes;
        using Stream stream = answer.Content.ReadAsStream(cancellation);
        var piece = new byte[CopyBytes];
        for (int read; (read = _connection.Read(stream, piece, cancellation)) > 0;)
        {
            file.Write(piece, 0, read);
            progress(file.Length);
            if (file.Length <= most)
            {
                continue;
            }

            if (size >= 0)
            {
                return;
            }

            file.SetLength(0);
            throw new HubException($"{what}: the hub does not say how large the file is, and sends more than {most} bytes; a file of a model or data set says its size");
        }
    }

    // Large files are named by their SHA-256; small ones by git, whose hash counts the kind and the size in. Other names say nothing about the contents.
    private static bool HasHash(FileStream file, string etag)
    {
        file.Position = 0;
        if (etag.Length == Sha256Digits)
        {
            return etag.Equals(Convert.ToHexStringLower(SHA256.HashData(file)), StringComparison.OrdinalIgnoreCase);
        }

        if (etag.Length != Sha1Digits)
        {
            return true;
        }

#pragma warning disable CA5350 // git's names of contents; they are no signature
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        sha1.AppendData(Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"blob {file.Length}\0")));
        var piece = new byte[CopyBytes];
        for (int read; (read = file.Read(piece)) > 0;)
        {
            sha1.AppendData(piece, 0, read);
        }

        return etag.Equals(Convert.ToHexStringLower(sha1.GetHashAndReset()), StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>A revision of a repository on the disk.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Commit">Its commit.</param>
/// <param name="Files">Paths of the files that were wanted.</param>
public sealed record HubSnapshot(string Folder, string Commit, IReadOnlyList<string> Files);
