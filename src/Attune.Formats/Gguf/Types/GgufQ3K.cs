using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>3-bit codes in groups of 16, each with a 6-bit scale around 32 over a half-precision factor; the third bits stand apart.</summary>
internal sealed class GgufQ3K() : GgufType("Q3_K", 11, 256, 110)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 108);
            for (int group = 0; group < 16; group++)
            {
                // Eight groups share 32 bytes of low bits; pair p of groups has its third bit, inverted, at bit p of the mask bytes.
                int half = group % 2 * 16;
                Vector128<byte> low = (GgufBlocks.Load(blocks, 32 + (group / 8 * 32) + half) >>> (group % 8 / 2 * 2)) & Vector128.Create((byte)3);
                Vector128<byte> third = (GgufBlocks.Load(blocks, half) >>> (group / 2)) & Vector128.Create((byte)1);
                Vector128<sbyte> codes = (low | (third << 2)).AsSByte() - Vector128.Create((sbyte)4);
                GgufBlocks.Store(codes, scale * (Scale(blocks.Slice(96, 12), group) - 32), values[(group * 16)..]);
            }
        }
    }

    // Low nibbles are in the first 8 bytes (groups 0-7 in their low halves, 8-15 in their high halves), the upper two bits in the last 4.
    private static int Scale(ReadOnlySpan<byte> scales, int group) =>
        ((scales[group % 8] >> (group / 8 * 4)) & 0xF) | (((scales[8 + (group % 4)] >> (group / 4 * 2)) & 3) << 4);
}
