using Attune.Nn.Rope.Scalings;

namespace Attune.Nn.Rope;

/// <summary>The kinds of rotary scaling.</summary>
public static class KnownRopeScalings
{
    /// <summary>All kinds.</summary>
    public static IReadOnlyList<IRopeScaling> All { get; } =
    [
        new DefaultRope(),
        new LinearRope(),
        new DynamicNtkRope(),
        new Llama3Rope(),
        new YarnRope(),
        new LongRope(),
    ];

    /// <summary>Finds a kind by its <c>rope_type</c>.</summary>
    /// <exception cref="RopeException">There is no such kind.</exception>
    public static IRopeScaling Find(string name) => All.FirstOrDefault(scaling => scaling.Name == name)
        ?? throw new RopeException($"rope_type '{name}' is not known; known are {string.Join(", ", All.Select(scaling => scaling.Name))}");
}
