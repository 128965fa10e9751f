using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>4-bit codes in groups of 32, each with a 6-bit scale and minimum over two half-precision factors.</summary>
internal sealed class GgufQ4K() : GgufType("Q4_K", 12, 256, 144)
{
    public override bool CanQuantize => true;

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

    private protected override void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        const int Groups = 8;
        const int GroupElements = 32;
        Span<byte> codes = stackalloc byte[256];
        Span<float> weights = stackalloc float[GroupElements];
        Span<float> scales = stackalloc float[Groups];
        Span<float> minimums = stackalloc float[Groups];
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            for (int group = 0; group < Groups; group++)
            {
                ReadOnlySpan<float> part = values.Slice(group * GroupElements, GroupElements);
                Weigh(part, weights);
                (scales[group], minimums[group]) = GgufScaleSearch.Shifted(part, weights, codes[(group * GroupElements)..], 15);
            }

            WriteScales(scales, minimums, blocks);
            Encode(values, blocks, codes);
            for (int i = 0; i < 128; i++)
            {
                int low = (i / 32 * 64) + (i % 32);
                blocks[16 + i] = (byte)(codes[low] | (codes[low + 32] << 4));
            }
        }
    }

    private static void Weigh(ReadOnlySpan<float> values, Span<float> weights)
    {
        float square = 0;
        foreach (float value in values)
        {
            square += value * value;
        }

        float typical = MathF.Sqrt(square / values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            weights[i] = typical + MathF.Abs(values[i]);
        }
    }

    private static void WriteScales(ReadOnlySpan<float> scales, ReadOnlySpan<float> minimums, Span<byte> block)
    {
        const int MostCode = 63;
        float largestScale = MathF.Max(0, TensorPrimitives.Max(scales));
        float largestMinimum = MathF.Max(0, TensorPrimitives.Max(minimums));
        float inverseScale = largestScale > 0 ? MostCode / largestScale : 0;
        float inverseMinimum = largestMinimum > 0 ? MostCode / largestMinimum : 0;
        Span<byte> packed = block.Slice(4, 12);
        packed.Clear();
        for (int group = 0; group < scales.Length; group++)
        {
            int scale = Math.Min(MostCode, GgufScaleSearch.Nearest(inverseScale * scales[group]));
            int minimum = Math.Min(MostCode, GgufScaleSearch.Nearest(inverseMinimum * minimums[group]));
            if (group < 4)
            {
                packed[group] = (byte)scale;
                packed[group + 4] = (byte)minimum;
            }
            else
            {
                // The upper two bits stand above the six of the first groups.
                packed[group + 4] = (byte)((scale & 15) | ((minimum & 15) << 4));
                packed[group - 4] |= (byte)(scale >> 4 << 6);
                packed[group] |= (byte)(minimum >> 4 << 6);
            }
        }

        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)(largestScale / MostCode));
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], (Half)(largestMinimum / MostCode));
    }

    // Once more with the scales as they are written; a group whose scale became 0 keeps what the search gave.
    private static void Encode(ReadOnlySpan<float> values, ReadOnlySpan<byte> block, Span<byte> codes)
    {
        for (int group = 0; group < 8; group++)
        {
            (int groupScale, int groupMin) = GgufBlocks.ScaleMin(block.Slice(4, 12), group);
            float scale = GgufBlocks.Half(block, 0) * groupScale;
            float min = GgufBlocks.Half(block, 2) * groupMin;
            for (int i = group * 32; i < (group + 1) * 32 && scale != 0; i++)
            {
                codes[i] = (byte)Math.Clamp(GgufScaleSearch.Nearest((values[i] + min) / scale), 0, 15);
            }
        }
    }
}
