using System.Buffers.Binary;

namespace Attune.Formats;

/// <summary>Vectors of four magnitudes from 512, with a sign for every value: a byte and a bit elsewhere make an index; every eight vectors share an odd scale of 4 bits over a half-precision factor.</summary>
internal sealed class GgufIQ3_S() : GgufType("IQ3_S", 21, 256, 110)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ3_SGrid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            for (int run = 0; run < 16; run++, values = values[16..])
            {
                ReadOnlySpan<byte> indices = blocks.Slice(2 + (run * 4), 4);
                int upper = GgufBlocks.Nibble(blocks, 66, run) << 8;
                ulong low = grid[indices[0] | (upper & 256)] | (grid[indices[1] | ((upper >> 1) & 256)] << 32);
                ulong high = grid[indices[2] | ((upper >> 2) & 256)] | (grid[indices[3] | ((upper >> 3) & 256)] << 32);
                uint signs = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(74 + (run * 2))..]);
                int groupScale = (2 * GgufBlocks.Nibble(blocks, 106, run / 2)) + 1;
                GgufBlocks.Store(low, high, signs, scale * groupScale, values);
            }
        }
    }
}
