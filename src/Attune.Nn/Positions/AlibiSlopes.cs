using System.Numerics;

namespace Attune.Nn.Positions;

/// <summary>Slopes of attention with linear biases (Press, Smith, Lewis 2022): 2^(-8 (h + 1) / H) for head h of a power of two of heads.</summary>
public static class AlibiSlopes
{
    /// <summary>
    /// Slopes of H heads as BLOOM and Falcon make them: those of the power of two below, then every other one of twice as many heads.
    /// </summary>
    public static float[] Bloom(int heads)
    {
        int power = 1 << BitOperations.Log2((uint)heads);
        return [.. Series(power), .. Series(2 * power).Where((_, index) => index % 2 == 0).Take(heads - power)];
    }

    /// <summary>
    /// Slopes of H heads as MPT makes them, 2^(-max (h + 1) / H): those of the power of two above, the second, fourth ... before the first, third ..., as many as there are heads.
    /// </summary>
    public static float[] Mpt(int heads, double max = 8)
    {
        var power = (int)BitOperations.RoundUpToPowerOf2((uint)heads);
        float[] all = [.. Series(power, max)];
        return power == heads ? all : [.. all.Where((_, index) => index % 2 == 1).Concat(all.Where((_, index) => index % 2 == 0)).Take(heads)];
    }

    private static IEnumerable<float> Series(int heads, double max = 8) => Enumerable.Range(1, heads).Select(h => (float)Math.Pow(2, -max * h / heads));
}
