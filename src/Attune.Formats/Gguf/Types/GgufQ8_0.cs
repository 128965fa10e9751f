using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>8-bit codes with a half-precision scale.</summary>
internal sealed class GgufQ8_0() : GgufType("Q8_0", 8, 32, 34)
{
    private const int Codes = 2;

    private const float LargestCode = 127;

    public override bool CanQuantize => true;

    public override BlockFormat? Format => new BlockFormat(8, HasOffsets: false, DType.F16);

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 0);
            GgufBlocks.Store(GgufBlocks.Load(blocks, Codes).AsSByte(), scale, values);
            GgufBlocks.Store(GgufBlocks.Load(blocks, Codes + 16).AsSByte(), scale, values[16..]);
        }
    }

    private protected override void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            // The codes come from the scale before it is rounded to half precision, and halves round away from zero, as in ggml.
            float scale = MathF.Abs(TensorPrimitives.MaxMagnitude(values[..BlockElements])) / LargestCode;
            float inverse = scale == 0 ? 0 : 1 / scale;
            BinaryPrimitives.WriteHalfLittleEndian(blocks, (Half)scale);
            for (int i = 0; i < BlockElements; i++)
            {
                blocks[Codes + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
            }
        }
    }

    private protected override void SplitBlocks(ReadOnlySpan<byte> blocks, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        for (int i = 0; !blocks.IsEmpty; i++, blocks = blocks[BlockBytes..])
        {
            scales[i] = GgufBlocks.Half(blocks, 0);
            Vector128<byte> sign = Vector128.Create((byte)0x80);
            Span<byte> own = codes.Slice(i * BlockElements, BlockElements);
            (GgufBlocks.Load(blocks, Codes) ^ sign).CopyTo(own);
            (GgufBlocks.Load(blocks, Codes + GgufBlocks.Lanes) ^ sign).CopyTo(own[GgufBlocks.Lanes..]);
        }
    }
}
