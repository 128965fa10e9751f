namespace Attune.Formats;

/// <summary>Ternary codes, five in a byte as digits of a fraction in base 3, with a half-precision scale behind them.</summary>
internal sealed class GgufTQ1_0() : GgufType("TQ1_0", 34, 256, 54)
{
    /// <summary>Where runs of bytes begin, how long they are, and how many digits each byte holds: the last four bytes hold four.</summary>
    private static readonly (int Start, int Count, int Digits)[] Runs = [(0, 32, 5), (32, 16, 5), (48, 4, 4)];

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..])
        {
            float scale = GgufBlocks.Half(blocks, 52);
            foreach ((int start, int count, int digits) in Runs)
            {
                byte power = 1;
                for (int digit = 0; digit < digits; digit++, power *= 3)
                {
                    // The product drops the digits before; the highest of the rest is what reaches beyond the byte when it is multiplied by 3.
                    for (int i = 0; i < count; i++)
                    {
                        int rest = (byte)(blocks[start + i] * power);
                        values[i] = (((rest * 3) >> 8) - 1) * scale;
                    }

                    values = values[count..];
                }
            }
        }
    }
}
