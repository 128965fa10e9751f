using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>A tensor of a source as it is.</summary>
internal sealed class StoredView(ITensorSource source, string name) : TensorView
{
    private readonly TensorInfo _info = source.Info(name);

    public override DType DType => _info.DType;

    public override Shape Shape => _info.Shape;

    public override string StoredAs => _info.StoredAs;

    public override (string Location, string Name) Origin => (source.Location, name);

    public override void Read(long byteOffset, Span<byte> destination) => source.Read(name, byteOffset, destination);

    public override IBlockMatrix? TryOpenBlocks() => source.TryOpenBlocks(name);
}
