using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>4-bit floating-point codes (E2M1) in groups of 16, each with an 8-bit floating-point scale without sign (UE4M3); low nibbles are the first half of a group.</summary>
internal sealed class GgufNVFP4() : GgufType("NVFP4", 40, 64, 36)
{
    private const int Groups = 4;

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            for (int group = 0; group < Groups; group++)
            {
                Vector64<byte> bytes = Vector64.Create(blocks.Slice(Groups + (group * 8), 8));
                Vector128<byte> codes = Vector128.Create(bytes & Vector64.Create((byte)0x0F), bytes >>> 4);
                GgufBlocks.Store(Vector128.Shuffle(GgufMXFP4.DoubledValues, codes.AsSByte()), HalfScale(blocks[group]), values[(group * 16)..]);
            }
        }
    }

    /// <summary>Half of what a scale stands for; the code for "not a number" counts as 0.</summary>
    private static float HalfScale(byte code)
    {
        int exponent = (code >> 3) & 0xF;
        int mantissa = code & 7;
        return code is 0 or 0x7F ? 0 : MathF.ScaleB(exponent == 0 ? mantissa : mantissa + 8, Math.Max(exponent, 1) - 11);
    }
}
