using System.Buffers.Binary;

namespace Attune.Formats;

/// <summary>Vectors of eight magnitudes from 1,024, with a sign for every value: a byte and two bits elsewhere make an index; every two vectors share a scale of 4 bits over a half-precision factor.</summary>
internal sealed class GgufIQ2_S() : GgufType("IQ2_S", 22, 256, 82)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ2_SGrid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            for (int group = 0; group < 16; group++, values = values[16..])
            {
                int upper = GgufBlocks.Nibble(blocks, 66, group);
                int first = blocks[2 + (group * 2)] | ((upper & 3) << 8);
                int second = blocks[3 + (group * 2)] | ((upper >> 2) << 8);
                uint signs = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(34 + (group * 2))..]);
                float groupScale = scale * (GgufBlocks.Nibble(blocks, 74, group) + 0.5f) * 0.25f;
                GgufBlocks.Store(grid[first], grid[second], signs, groupScale, values);
            }
        }
    }
}
