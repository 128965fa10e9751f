using System.Buffers.Binary;

namespace Attune.Formats;

/// <summary>Vectors of eight magnitudes from 256, in groups of 32: a byte for each vector, then a word with 7 bits of signs for each and the group's scale of 4 bits over a half-precision factor.</summary>
internal sealed class GgufIQ2_XXS() : GgufType("IQ2_XXS", 16, 256, 66)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ2_XXSGrid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            for (int group = 0; group < 8; group++, values = values[32..])
            {
                ReadOnlySpan<byte> indices = blocks.Slice(2 + (group * 8), 4);
                uint word = BinaryPrimitives.ReadUInt32LittleEndian(blocks[(6 + (group * 8))..]);
                float groupScale = scale * ((word >> 28) + 0.5f) * 0.25f;
                GgufBlocks.Store(grid[indices[0]], grid[indices[1]], GgufBlocks.EvenSigns(word), groupScale, values);
                GgufBlocks.Store(grid[indices[2]], grid[indices[3]], GgufBlocks.EvenSigns(word >> 14), groupScale, values[16..]);
            }
        }
    }
}
