using Attune.Tensors;

namespace Attune.Inference;

/// <summary>Random numbers from 0 to less than 1, each a function of seed and place.</summary>
internal static class RandomShare
{
    public static double Next(ulong seed, ulong place) => (RandomState.Bits(seed, place) >> 11) * (1.0 / (1UL << 53));
}
