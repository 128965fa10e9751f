using System.Runtime.Intrinsics;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>4-bit codes with a half-precision scale and minimum; low nibbles are the first half of the block.</summary>
internal sealed class GgufQ4_1() : GgufType("Q4_1", 3, 32, 20)
{
    public override BlockFormat? Format => new BlockFormat(4, HasOffsets: true, DType.F16);

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            float min = GgufBlocks.Half(blocks, 2);
            Vector128<byte> codes = GgufBlocks.Load(blocks, 4);
            GgufBlocks.Store(codes & GgufBlocks.LowNibbles, scale, min, values);
            GgufBlocks.Store(codes >>> 4, scale, min, values[16..]);
        }
    }

    private protected override void SplitBlocks(ReadOnlySpan<byte> blocks, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        for (int i = 0; !blocks.IsEmpty; i++, blocks = blocks[BlockBytes..])
        {
            scales[i] = GgufBlocks.Half(blocks, 0);
            offsets[i] = GgufBlocks.Half(blocks, 2);
            GgufBlocks.SplitNibbles(blocks, 4, codes.Slice(i * BlockElements, BlockElements));
        }
    }
}
