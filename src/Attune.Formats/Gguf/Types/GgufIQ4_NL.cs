using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>4-bit codes for sixteen unevenly spaced values, with a half-precision scale; low nibbles are the first half of the block.</summary>
internal sealed class GgufIQ4_NL() : GgufType("IQ4_NL", 20, 32, 18)
{
    /// <summary>The values: denser near 0, where most weights are.</summary>
    public static Vector128<sbyte> Values { get; } = Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            GgufBlocks.Store(GgufBlocks.Load(blocks, 2), Values, GgufBlocks.Half(blocks, 0), values);
        }
    }
}
