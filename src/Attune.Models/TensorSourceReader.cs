using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Models;

/// <summary>Gives a model's layers the weights of its files.</summary>
internal sealed class TensorSourceReader(ITensorSource source) : IWeightReader
{
    public string Location => source.Location;

    public IReadOnlyCollection<string> Names => source.Names;

    public bool TryGetShape(string name, in Shape expected, out Shape shape)
    {
        bool found = source.TryGetInfo(name, out TensorInfo? info);
        shape = found ? info!.Shape : default;
        return found;
    }

    public void Read(string name, long elementOffset, Span<float> destination) => source.ReadFloat32(name, elementOffset, destination);

    public IBlockMatrix? TryOpenBlocks(string name) => source.TryOpenBlocks(name);
}
