using System.Runtime.Intrinsics;

namespace Attune.Formats;

/// <summary>4-bit floating-point codes (E2M1) with a power of two as scale (E8M0; OCP Microscaling Formats 1.0); low nibbles are the first half of the block.</summary>
internal sealed class GgufMXFP4() : GgufType("MXFP4", 39, 32, 17)
{
    /// <summary>The values of the codes, doubled so that they are whole numbers.</summary>
    public static Vector128<sbyte> DoubledValues { get; } = Vector128.Create((sbyte)0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], values = values[BlockElements..])
        {
            GgufBlocks.Store(GgufBlocks.Load(blocks, 1), DoubledValues, HalfPower(blocks[0]), values);
        }
    }

    /// <summary>2^(exponent - 128), half of what the scale stands for; the two smallest are subnormal.</summary>
    private static float HalfPower(byte exponent) => BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);
}
