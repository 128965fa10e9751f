using System.Diagnostics.CodeAnalysis;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>Named tensors that are read on demand: a safetensors file, a folder of shards, a GGUF file.</summary>
/// <remarks>Implementations may be read from several threads at a time. Convenience members are in <see cref="TensorSources"/>.</remarks>
public interface ITensorSource : IDisposable
{
    /// <summary>Path of the file or folder, for messages.</summary>
    string Location { get; }

    /// <summary>Names of all tensors, in the order of the file.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Finds a tensor by name.</summary>
    /// <returns>False when there is no such tensor.</returns>
    bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info);

    /// <summary>Reads a part of a tensor: row-major little-endian elements of <see cref="TensorInfo.DType"/>, from a byte offset on, as many as fit.</summary>
    /// <exception cref="ModelFileException">There is no such tensor, the part is not inside it, or the file ends early.</exception>
    void Read(string name, long byteOffset, Span<byte> destination);

    /// <summary>A matrix of few bits as it is stored, for those who compute with its blocks (of tensors with more dimensions all rows one after the other); null for every other tensor.</summary>
    IBlockMatrix? TryOpenBlocks(string name) => null;
}
