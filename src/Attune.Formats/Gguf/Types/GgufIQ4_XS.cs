using System.Buffers.Binary;

namespace Attune.Formats;

/// <summary>The values of <c>IQ4_NL</c> in groups of 32, each with a scale of 6 bits around 32 over a half-precision factor: four bits of a scale in nibbles, two in a word before them.</summary>
internal sealed class GgufIQ4_XS() : GgufType("IQ4_XS", 23, 256, 136)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            int upper = BinaryPrimitives.ReadUInt16LittleEndian(blocks[2..]);
            for (int group = 0; group < 8; group++)
            {
                int lower = GgufBlocks.Nibble(blocks, 4, group);
                int packed = lower | (((upper >> (group * 2)) & 3) << 4);
                GgufBlocks.Store(GgufBlocks.Load(blocks, 8 + (group * 16)), GgufIQ4_NL.Values, scale * (packed - 32), values[(group * 32)..]);
            }
        }
    }
}
