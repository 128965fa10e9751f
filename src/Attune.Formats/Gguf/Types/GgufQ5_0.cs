using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>5-bit codes around 16 with a half-precision scale; the fifth bits stand together before the nibbles.</summary>
internal sealed class GgufQ5_0() : GgufType("Q5_0", 6, 32, 22)
{
    public override bool CanQuantize => true;

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

    private protected override void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float inverse = GgufBlocks.WriteScale(values[..BlockElements], 16, blocks);
            uint fifth = 0;
            for (int i = 0; i < 16; i++)
            {
                int low = Math.Min(31, (int)((values[i] * inverse) + 16.5f));
                int high = Math.Min(31, (int)((values[16 + i] * inverse) + 16.5f));
                blocks[6 + i] = (byte)((low & 15) | ((high & 15) << 4));
                fifth |= ((uint)low >> 4 << i) | ((uint)high >> 4 << (16 + i));
            }

            BinaryPrimitives.WriteUInt32LittleEndian(blocks[2..], fifth);
        }
    }
}
