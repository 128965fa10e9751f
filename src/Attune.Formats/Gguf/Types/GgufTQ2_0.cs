using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>Ternary codes of 2 bits around 1, with a half-precision scale behind them.</summary>
internal sealed class GgufTQ2_0() : GgufType("TQ2_0", 35, 256, 66)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 64);
            for (int group = 0; group < 16; group++)
            {
                // Eight groups share 32 bytes of codes: two groups per pair of bits.
                Vector128<byte> codes = GgufBlocks.Load(blocks, (group / 8 * 32) + (group % 2 * 16)) >>> (group % 8 / 2 * 2);
                GgufBlocks.Store((codes & Vector128.Create((byte)3)).AsSByte() - Vector128.Create((sbyte)1), scale, values[(group * 16)..]);
            }
        }
    }
}
