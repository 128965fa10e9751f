using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A pickled tuple.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A pickled list.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = new(0);
}

/// <summary>A pickled dictionary, its pairs in the order of the file.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Pairs { get; } = new(0);
}

/// <summary>The name of a Python object, such as <c>torch.FloatStorage</c>; never the object itself.</summary>
internal sealed record PickleGlobal(string Name);

/// <summary>A block of elements that stands outside the pickle.</summary>
/// <param name="Key">Its name in the archive.</param>
/// <param name="DType">Type of its elements; null when it counts bytes and each tensor says what they are.</param>
/// <param name="Count">Number of its elements.</param>
internal sealed record PickleStorage(string Key, DType? DType, long Count);

/// <summary>A view of a storage.</summary>
internal sealed record PickleTensor(PickleStorage Storage, DType DType, long Offset, long[] Extents, long[] Strides);
