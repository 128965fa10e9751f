using System.Runtime.Intrinsics;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>4-bit codes around 8 with a half-precision scale; low nibbles are the first half of the block.</summary>
internal sealed class GgufQ4_0() : GgufType("Q4_0", 2, 32, 18)
{
    public override bool CanQuantize => true;

    public override BlockFormat? Format => new BlockFormat(4, HasOffsets: false, DType.F16);

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            Vector128<byte> codes = GgufBlocks.Load(blocks, 2);
            Vector128<sbyte> zero = Vector128.Create((sbyte)8);
            GgufBlocks.Store((codes & GgufBlocks.LowNibbles).AsSByte() - zero, scale, values);
            GgufBlocks.Store((codes >>> 4).AsSByte() - zero, scale, values[16..]);
        }
    }

    private protected override void SplitBlocks(ReadOnlySpan<byte> blocks, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        for (int i = 0; !blocks.IsEmpty; i++, blocks = blocks[BlockBytes..])
        {
            scales[i] = GgufBlocks.Half(blocks, 0);
            GgufBlocks.SplitNibbles(blocks, 2, codes.Slice(i * BlockElements, BlockElements));
        }
    }

    private protected override void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float inverse = GgufBlocks.WriteScale(values[..BlockElements], 8, blocks);
            for (int i = 0; i < 16; i++)
            {
                int low = Math.Min(15, (int)((values[i] * inverse) + 8.5f));
                int high = Math.Min(15, (int)((values[16 + i] * inverse) + 8.5f));
                blocks[2 + i] = (byte)(low | (high << 4));
            }
        }
    }
}
