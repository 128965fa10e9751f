namespace Attune.Tensors;

/// <summary>Place in a counter-based stream of random numbers: element i of a draw depends only on the seed and on <c>Counter + i</c>.</summary>
/// <param name="Seed">Names the stream.</param>
/// <param name="Counter">Numbers drawn so far.</param>
public readonly record struct RandomState(ulong Seed, ulong Counter)
{
    /// <summary>The state after some more numbers were drawn.</summary>
    public RandomState Advance(long count) => this with { Counter = Counter + (ulong)count };

    /// <summary>
    /// The 64 random bits of one place in a stream: two rounds of the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over seed and counter.
    /// </summary>
    public static ulong Bits(ulong seed, ulong counter) => Mix(Mix(counter + 0x9E3779B97F4A7C15UL) ^ Mix(seed + 0xD1B54A32D192ED03UL));

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
