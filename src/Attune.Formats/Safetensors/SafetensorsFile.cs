using System.Diagnostics.CodeAnalysis;

namespace Attune.Formats;

/// <summary>A safetensors file, opened for reading: the header is checked at once, tensors are read on demand.</summary>
/// <remarks>Source: the safetensors format, https://github.com/huggingface/safetensors. Little-endian machines only, like the format.</remarks>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly ReadableFile _file;
    private readonly SafetensorsHeader _header;

    private SafetensorsFile(ReadableFile file, SafetensorsHeader header)
    {
        _file = file;
        _header = header;
    }

    /// <inheritdoc/>
    public string Location => _file.Path;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _header.Tensors.Keys;

    /// <summary>The <c>__metadata__</c> texts in the order of the file, or null when it has none.</summary>
    public IReadOnlyDictionary<string, string>? Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header: sizes, names, types, and that the tensors cover the data without holes or overlaps.</summary>
    /// <exception cref="ModelFileException">The file cannot be opened or is not a valid safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ReadableFile file = ReadableFile.Open(path);
        try
        {
            return new SafetensorsFile(file, SafetensorsHeader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        bool found = _header.Tensors.TryGetValue(name, out (TensorInfo Info, long Begin) entry);
        info = entry.Info;
        return found;
    }

    /// <inheritdoc/>
    public void Read(string name, long byteOffset, Span<byte> destination)
    {
        if (!_header.Tensors.TryGetValue(name, out (TensorInfo Info, long Begin) entry))
        {
            throw TensorSources.Missing(this, name);
        }

        TensorSources.RequireInside(this, entry.Info, byteOffset, destination.Length);
        _file.Read(_header.DataStart + entry.Begin + byteOffset, destination);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();
}
