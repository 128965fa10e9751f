using System.Buffers.Binary;

namespace Attune.Formats;

/// <summary>Vectors of four magnitudes from 256, a byte for each; behind all of them a word for every 32 values, with 7 bits of signs for every eight and a scale of 4 bits over a half-precision factor.</summary>
internal sealed class GgufIQ3_XXS() : GgufType("IQ3_XXS", 18, 256, 98)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ3_XXSGrid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            for (int group = 0; group < 8; group++, values = values[32..])
            {
                ReadOnlySpan<byte> indices = blocks.Slice(2 + (group * 8), 8);
                uint word = BinaryPrimitives.ReadUInt32LittleEndian(blocks[(66 + (group * 4))..]);
                float groupScale = scale * ((word >> 28) + 0.5f) * 0.5f;
                for (int half = 0; half < 2; half++, indices = indices[4..])
                {
                    ulong low = grid[indices[0]] | (grid[indices[1]] << 32);
                    ulong high = grid[indices[2]] | (grid[indices[3]] << 32);
                    GgufBlocks.Store(low, high, GgufBlocks.EvenSigns(word >> (half * 14)), groupScale, values[(half * 16)..]);
                }
            }
        }
    }
}
