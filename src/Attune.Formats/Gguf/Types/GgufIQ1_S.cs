using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>Vectors of eight ternary values from 2,048, in groups of 32: a byte for each vector, and a word with 3 more bits for each, the group's odd scale of 3 bits and the sign of an eighth that is added to every value.</summary>
internal sealed class GgufIQ1_S() : GgufType("IQ1_S", 19, 256, 50)
{
    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ1Grid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            for (int group = 0; group < 8; group++)
            {
                ReadOnlySpan<byte> indices = blocks.Slice(2 + (group * 4), 4);
                int word = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(34 + (group * 2))..]);
                float eighth = scale * ((2 * ((word >> 12) & 7)) + 1) * 0.125f;
                Vector128<sbyte> shift = Vector128.Create((sbyte)((word & 0x8000) == 0 ? 1 : -1));
                for (int half = 0; half < 2; half++, indices = indices[2..], word >>= 6, values = values[16..])
                {
                    ulong low = grid[indices[0] | ((word & 7) << 8)];
                    ulong high = grid[indices[1] | (((word >> 3) & 7) << 8)];
                    GgufBlocks.Store(Vector128.Create(low, high).AsSByte() + shift, eighth, values);
                }
            }
        }
    }
}
