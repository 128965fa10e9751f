namespace Attune.Export.Onnx.Recording;

/// <summary>What a block of memory stands for while a model is recorded: a value of the graph, row-major from a place of the block on.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Extents">As in the recorded run.</param>
/// <param name="Strides">How it lies in the block; row-major but for parts of a larger value.</param>
/// <param name="Offset">Where it begins in the block, in elements.</param>
internal sealed record RecordedValue(string Name, long[] Extents, long[] Strides, long Offset)
{
    public long Count => Extents.Aggregate(1L, static (count, extent) => count * extent);
}
