namespace Attune.Training.Runs;

/// <summary>A file that a run read or left, with what identifies its contents.</summary>
/// <param name="Path">Its path as the user gave it, or its name in a folder that was given.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Hash in hexadecimal digits.</param>
public sealed record RunFile(string Path, long Bytes, string Sha256)
{
    /// <summary>What of a folder makes a model: configuration, weights, tokenizer, templates. Anything else in it (documentation, figures) may change.</summary>
    private static readonly string[] ModelExtensions = [".json", ".safetensors", ".gguf", ".bin", ".jinja", ".model", ".txt", ".tiktoken"];

    /// <summary>Hashes a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RunFile Of(string path, string? name = null)
    {
        FileHash hash = FileHash.Of(path);
        return new RunFile(name ?? path, hash.Bytes, hash.Sha256);
    }

    /// <summary>Hashes the files of a model: a file, or those of a folder in the order of their names.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<RunFile> OfModel(string path) => File.Exists(path)
        ? [Of(path, System.IO.Path.GetFileName(path))]
        :
        [
            .. Directory.EnumerateFiles(path)
                .Where(file => ModelExtensions.Contains(System.IO.Path.GetExtension(file)) && System.IO.Path.GetFileName(file) != RunManifest.FileName)
                .Order(StringComparer.Ordinal)
                .Select(file => Of(file, System.IO.Path.GetFileName(file))),
        ];

    /// <summary>Whether another file has the same contents.</summary>
    public bool HasContentsOf(RunFile other) => (Bytes, Sha256) == (other.Bytes, other.Sha256);

    /// <summary>Size and the start of the hash, for messages.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Path} ({Bytes:N0} bytes, SHA-256 {Sha256.AsSpan(0, Math.Min(12, Sha256.Length))}...)");
}
