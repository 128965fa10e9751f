using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A tensor as a GGUF file names it.</summary>
/// <param name="Name">The name in the file, such as <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Shape">Extents, outermost first (the file lists them the other way round).</param>
/// <param name="Type">Type in the file.</param>
public sealed record GgufTensor(string Name, Shape Shape, GgufType Type)
{
    /// <summary>Size in the file in bytes, without padding.</summary>
    /// <exception cref="OverflowException">The size is beyond 2^63 - 1.</exception>
    public long ByteCount => checked(Shape.Count / Type.BlockElements * Type.BlockBytes);
}
