using System.Runtime.Intrinsics;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>4-bit codes in groups of 32, each with a 6-bit scale and minimum over two half-precision factors.</summary>
internal sealed class GgufQ4K() : GgufType("Q4_K", 12, 256, 144)
{
    public override BlockFormat? Format => new BlockFormat(4, HasOffsets: true, DType.F32);

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            float min = GgufBlocks.Half(blocks, 2);
            for (int group = 0; group < 8; group++)
            {
                (int groupScale, int groupMin) = GgufBlocks.ScaleMin(blocks.Slice(4, 12), group);
                for (int half = 0; half < 32; half += GgufBlocks.Lanes)
                {
                    // Two groups share 32 bytes: the first in the low nibbles, the second in the high ones.
                    Vector128<byte> codes = (GgufBlocks.Load(blocks, 16 + (group / 2 * 32) + half) >>> (group % 2 * 4)) & GgufBlocks.LowNibbles;
                    GgufBlocks.Store(codes, scale * groupScale, -(min * groupMin), values[((group * 32) + half)..]);
                }
            }
        }
    }

    private protected override void SplitBlocks(ReadOnlySpan<byte> blocks, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        for (int first = 0; !blocks.IsEmpty; first += 8, blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            float min = GgufBlocks.Half(blocks, 2);
            for (int group = 0; group < 8; group++)
            {
                (int groupScale, int groupMin) = GgufBlocks.ScaleMin(blocks.Slice(4, 12), group);
                scales[first + group] = scale * groupScale;
                offsets[first + group] = -(min * groupMin);
                for (int half = 0; half < 32; half += GgufBlocks.Lanes)
                {
                    ((GgufBlocks.Load(blocks, 16 + (group / 2 * 32) + half) >>> (group % 2 * 4)) & GgufBlocks.LowNibbles).CopyTo(codes[(((first + group) * 32) + half)..]);
                }
            }
        }
    }
}
