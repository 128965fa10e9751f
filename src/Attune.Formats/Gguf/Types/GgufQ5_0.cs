using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>5-bit codes around 16 with a half-precision scale; the fifth bits stand together before the nibbles.</summary>
internal sealed class GgufQ5_0() : GgufType("Q5_0", 6, 32, 22)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[2..]);
            Vector128<byte> codes = GgufBlocks.Load(blocks, 6);
            Vector128<sbyte> zero = Vector128.Create((sbyte)16);
            GgufBlocks.Store(((codes & GgufBlocks.LowNibbles) | GgufBlocks.Spread(fifth, 16)).AsSByte() - zero, scale, values);
            GgufBlocks.Store(((codes >>> 4) | GgufBlocks.Spread(fifth >> 16, 16)).AsSByte() - zero, scale, values[16..]);
        }
    }
}
