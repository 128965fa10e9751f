using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>6-bit codes around 32 in groups of 16, each with an 8-bit scale over a half-precision factor; the upper two bits stand apart.</summary>
internal sealed class GgufQ6K() : GgufType("Q6_K", 14, 256, 210)
{
    public override bool CanQuantize => true;

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            float scale = GgufBlocks.Half(blocks, 208);
            for (int group = 0; group < 16; group++)
            {
                // Eight groups share 64 bytes of nibbles and 32 of upper bits; a quarter q of them (two groups) has upper bits 2q and 2q + 1.
                int part = group / 8;
                int quarter = group % 8 / 2;
                int half = group % 2 * 16;
                Vector128<byte> low = (GgufBlocks.Load(blocks, (part * 64) + (quarter % 2 * 32) + half) >>> (quarter / 2 * 4)) & GgufBlocks.LowNibbles;
                Vector128<byte> upper = (GgufBlocks.Load(blocks, 128 + (part * 32) + half) >>> (quarter * 2)) & Vector128.Create((byte)3);
                Vector128<sbyte> codes = (low | (upper << 4)).AsSByte() - Vector128.Create((sbyte)32);
                GgufBlocks.Store(codes, scale * (sbyte)blocks[192 + group], values[(group * 16)..]);
            }
        }
    }

    private protected override void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        const int Groups = 16;
        const int GroupElements = 16;
        Span<byte> codes = stackalloc byte[256];
        Span<float> scales = stackalloc float[Groups];
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            for (int group = 0; group < Groups; group++)
            {
                int start = group * GroupElements;
                scales[group] = GgufScaleSearch.Symmetric(values.Slice(start, GroupElements), codes[start..], 32);
            }

            float largest = GgufBlocks.Largest(scales);
            if (MathF.Abs(largest) < 1e-15f)
            {
                blocks[..BlockBytes].Clear();
                continue;
            }

            float inverse = -128f / largest;
            BinaryPrimitives.WriteHalfLittleEndian(blocks[208..], (Half)(1 / inverse));
            for (int group = 0; group < Groups; group++)
            {
                int groupScale = Math.Min(127, GgufScaleSearch.Nearest(inverse * scales[group]));
                blocks[192 + group] = (byte)(sbyte)groupScale;
                float scale = GgufBlocks.Half(blocks, 208) * groupScale;
                for (int i = group * GroupElements; i < (group + 1) * GroupElements && scale != 0; i++)
                {
                    codes[i] = (byte)(32 + Math.Clamp(GgufScaleSearch.Nearest(values[i] / scale), -32, 31));
                }
            }

            Pack(codes, blocks);
        }
    }

    private static void Pack(ReadOnlySpan<byte> codes, Span<byte> block)
    {
        for (int part = 0; part < 2; part++)
        {
            ReadOnlySpan<byte> from = codes.Slice(part * 128, 128);
            for (int i = 0; i < 32; i++)
            {
                block[(part * 64) + i] = (byte)((from[i] & 15) | ((from[i + 64] & 15) << 4));
                block[(part * 64) + 32 + i] = (byte)((from[i + 32] & 15) | ((from[i + 96] & 15) << 4));
                block[128 + (part * 32) + i] = (byte)((from[i] >> 4) | (from[i + 32] >> 4 << 2) | (from[i + 64] >> 4 << 4) | (from[i + 96] >> 4 << 6));
            }
        }
    }
}
