using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>6-bit codes around 32 in groups of 16, each with an 8-bit scale over a half-precision factor; the upper two bits stand apart.</summary>
internal sealed class GgufQ6K() : GgufType("Q6_K", 14, 256, 210)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 208);
            for (int group = 0; group < 16; group++)
            {
                // Eight groups share 64 bytes of nibbles and 32 of upper bits; a quarter q of them (two groups) has upper bits 2q and 2q + 1.
                int part = group / 8;
                int quarter = group % 8 / 2;
                int half = group % 2 * 16;
                Vector128<byte> low = (GgufBlocks.Load(blocks, (part * 64) + (quarter % 2 * 32) + half) >>> (quarter / 2 * 4)) & GgufBlocks.LowNibbles;
                Vector128<byte> upper = (GgufBlocks.Load(blocks, 128 + (part * 32) + half) >>> (quarter * 2)) & Vector128.Create((byte)3);
                Vector128<sbyte> codes = (low | (upper << 4)).AsSByte() - Vector128.Create((sbyte)32);
                GgufBlocks.Store(codes, scale * (sbyte)blocks[192 + group], values[(group * 16)..]);
            }
        }
    }
}
