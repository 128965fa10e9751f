namespace Attune.Data;

/// <summary>The generator splitmix64: every seed starts a sequence of its own, the same everywhere.</summary>
/// <remarks>Source: G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators (2014).</remarks>
internal struct SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next number.</summary>
    public ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            ulong z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>A number from 0 to less than <paramref name="count"/>, which is above 0.</summary>
    public int Below(int count) => (int)(Next() % (ulong)count);

    /// <summary>A number from 0 to less than 1, in steps of 2^-53.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));
}
