using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>5-bit codes in groups of 32, each with a 6-bit scale and minimum over two half-precision factors; the fifth bits stand apart.</summary>
internal sealed class GgufQ5K() : GgufType("Q5_K", 13, 256, 176)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            float min = GgufBlocks.Half(blocks, 2);
            for (int group = 0; group < 8; group++)
            {
                (int groupScale, int groupMin) = GgufBlocks.ScaleMin(blocks.Slice(4, 12), group);
                for (int half = 0; half < 32; half += GgufBlocks.Lanes)
                {
                    // Two groups share 32 bytes of nibbles; bit g of the 32 bytes before them is the fifth bit of group g.
                    Vector128<byte> codes = (GgufBlocks.Load(blocks, 48 + (group / 2 * 32) + half) >>> (group % 2 * 4)) & GgufBlocks.LowNibbles;
                    Vector128<byte> fifth = (GgufBlocks.Load(blocks, 16 + half) >>> group) & Vector128.Create((byte)1);
                    GgufBlocks.Store(codes | (fifth << 4), scale * groupScale, -(min * groupMin), values[((group * 32) + half)..]);
                }
            }
        }
    }
}
