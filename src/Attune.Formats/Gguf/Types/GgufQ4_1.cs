using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>4-bit codes with a half-precision scale and minimum; low nibbles are the first half of the block.</summary>
internal sealed class GgufQ4_1() : GgufType("Q4_1", 3, 32, 20)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            float min = GgufBlocks.Half(blocks, 2);
            Vector128<byte> codes = GgufBlocks.Load(blocks, 4);
            GgufBlocks.Store(codes & GgufBlocks.LowNibbles, scale, min, values);
            GgufBlocks.Store(codes >>> 4, scale, min, values[16..]);
        }
    }
}
