using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>4-bit codes around 8 with a half-precision scale; low nibbles are the first half of the block.</summary>
internal sealed class GgufQ4_0() : GgufType("Q4_0", 2, 32, 18)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            Vector128<byte> codes = GgufBlocks.Load(blocks, 2);
            Vector128<sbyte> zero = Vector128.Create((sbyte)8);
            GgufBlocks.Store((codes & GgufBlocks.LowNibbles).AsSByte() - zero, scale, values);
            GgufBlocks.Store((codes >>> 4).AsSByte() - zero, scale, values[16..]);
        }
    }
}
