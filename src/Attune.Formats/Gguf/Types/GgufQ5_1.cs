using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>5-bit codes with a half-precision scale and minimum; the fifth bits stand together before the nibbles.</summary>
internal sealed class GgufQ5_1() : GgufType("Q5_1", 7, 32, 24)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            float min = GgufBlocks.Half(blocks, 2);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[4..]);
            Vector128<byte> codes = GgufBlocks.Load(blocks, 8);
            GgufBlocks.Store((codes & GgufBlocks.LowNibbles) | GgufBlocks.Spread(fifth, 16), scale, min, values);
            GgufBlocks.Store((codes >>> 4) | GgufBlocks.Spread(fifth >> 16, 16), scale, min, values[16..]);
        }
    }
}
