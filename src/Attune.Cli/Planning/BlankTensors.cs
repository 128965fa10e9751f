using System.Diagnostics.CodeAnalysis;
using Attune.Formats;
using Attune.Tensors;

namespace Attune.Cli.Planning;

/// <summary>Tensors with the names and extents of a model's, all of them zero: nothing of a file is read.</summary>
internal sealed class BlankTensors(ITensorSource source) : ITensorSource
{
    public string Location => source.Location;

    public IReadOnlyCollection<string> Names => source.Names;

    public bool TryGetInfo(string name, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = source.TryGetInfo(name, out TensorInfo? found) ? new TensorInfo(name, DType.F32, found.Shape) : null;
        return info is not null;
    }

    public void Read(string name, long byteOffset, Span<byte> destination) => destination.Clear();

    public void Dispose()
    {
    }
}
