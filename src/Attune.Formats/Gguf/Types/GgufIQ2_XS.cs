using System.Buffers.Binary;

namespace Attune.Formats;

/// <summary>Vectors of eight magnitudes from 512, each a word of 9 bits of index and 7 bits of signs; every two share a scale of 4 bits over a half-precision factor.</summary>
internal sealed class GgufIQ2_XS() : GgufType("IQ2_XS", 17, 256, 74)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ2_XSGrid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            for (int group = 0; group < 16; group++, values = values[16..])
            {
                uint first = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(2 + (group * 4))..]);
                uint second = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(4 + (group * 4))..]);
                float groupScale = scale * (GgufBlocks.Nibble(blocks, 66, group) + 0.5f) * 0.25f;
                uint signs = GgufBlocks.EvenSigns((first >> 9) | (second >> 9 << 7));
                GgufBlocks.Store(grid[(int)(first & 511)], grid[(int)(second & 511)], signs, groupScale, values);
            }
        }
    }
}
