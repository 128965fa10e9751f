using Attune.Formats;

namespace Attune.Models.Decoders;

/// <summary>Bounds on what heads are together, before anything is computed from it.</summary>
internal static class HeadSizes
{
    /// <summary>Far above that of any model; tables are made of it before weights are looked at.</summary>
    private const int LargestWidth = 1 << 22;

    /// <summary>The size of a head, if all heads together have a width that can be counted.</summary>
    /// <exception cref="ModelFileException">They have not.</exception>
    public static int Require(ModelConfig config, string key, int size, int heads) =>
        (long)size * heads <= LargestWidth ? size : throw config.Wrong(key, $"at most {LargestWidth / heads} with {heads} heads");
}
