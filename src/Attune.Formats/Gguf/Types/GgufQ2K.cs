using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>2-bit codes in groups of 16, each with a 4-bit scale and minimum over two half-precision factors.</summary>
internal sealed class GgufQ2K() : GgufType("Q2_K", 10, 256, 84)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 80);
            float min = GgufBlocks.Half(blocks, 82);
            for (int group = 0; group < 16; group++)
            {
                // Eight groups share 32 bytes of codes: two groups per pair of bits.
                Vector128<byte> codes = GgufBlocks.Load(blocks, 16 + (group / 8 * 32) + (group % 2 * 16)) >>> (group % 8 / 2 * 2);
                int packed = blocks[group];
                GgufBlocks.Store(codes & Vector128.Create((byte)3), scale * (packed & 0xF), -(min * (packed >> 4)), values[(group * 16)..]);
            }
        }
    }
}
