using Attune.Tensors;

namespace Attune.Nn;

/// <summary>Random starting values that depend only on the seed and the parameter's name, not on what else is made.</summary>
public static class Initialisers
{
    /// <summary>Fills with uniform numbers in [-bound, bound).</summary>
    public static void Uniform(Span<float> values, double bound, ulong seed, string name)
    {
        ulong stream = Stream(seed, name);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(((2 * Unit(RandomState.Bits(stream, (ulong)i))) - 1) * bound);
        }
    }

    /// <summary>Fills with normal numbers of mean 0 (Box and Muller 1958).</summary>
    public static void Normal(Span<float> values, double deviation, ulong seed, string name)
    {
        ulong stream = Stream(seed, name);
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - Unit(RandomState.Bits(stream, 2 * (ulong)i))));
            values[i] = (float)(radius * Math.Cos(2 * Math.PI * Unit(RandomState.Bits(stream, (2 * (ulong)i) + 1))) * deviation);
        }
    }

    private static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    /// <summary>FNV-1a over the name, so that the numbers of a parameter do not change when others are added.</summary>
    private static ulong Stream(ulong seed, string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char letter in name)
        {
            hash = (hash ^ letter) * 1099511628211;
        }

        return hash ^ RandomState.Bits(seed, 0);
    }
}
