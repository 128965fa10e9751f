using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>The vectors of <c>IQ1_S</c>, each with a sign of its own for the eighth that is added; every two share an odd scale of 3 bits. The half-precision factor is spread over the upper nibbles of the words with the scales.</summary>
internal sealed class GgufIQ1_M() : GgufType("IQ1_M", 29, 256, 56)
{
    private const int ScalesOffset = 48;

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ulong> grid = GgufIQ1Grid.Values;
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            ulong scales = BinaryPrimitives.ReadUInt64LittleEndian(blocks[ScalesOffset..]);
            float scale = Scale(scales);
            for (int group = 0; group < 16; group++, values = values[16..])
            {
                int groupScale = (int)(scales >> ((group / 4 * 16) + (group % 4 * 3))) & 7;
                int first = GgufBlocks.Nibble(blocks, 32, group * 2);
                int second = GgufBlocks.Nibble(blocks, 32, (group * 2) + 1);
                var vectors = Vector128.Create(grid[blocks[group * 2] | ((first & 7) << 8)], grid[blocks[(group * 2) + 1] | ((second & 7) << 8)]);
                var shifts = Vector128.Create(Shift(first), Shift(second));
                GgufBlocks.Store(vectors.AsSByte() + shifts, scale * ((2 * groupScale) + 1) * 0.125f, values);
            }
        }
    }

    private static float Scale(ulong scales) => (float)BitConverter.UInt16BitsToHalf(
        (ushort)(((scales >> 12) & 0x000F) | ((scales >> 24) & 0x00F0) | ((scales >> 36) & 0x0F00) | ((scales >> 48) & 0xF000)));

    private static Vector64<sbyte> Shift(int nibble) => Vector64.Create((sbyte)(nibble < 8 ? 1 : -1));
}
