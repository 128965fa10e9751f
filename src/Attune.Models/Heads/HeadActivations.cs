using Attune.Nn.FeedForward;

namespace Attune.Models.Heads;

/// <summary>The functions that heads have whatever the configuration says.</summary>
internal static class HeadActivations
{
    public static Activation Tanh { get; } = KnownActivations.Find("tanh")!;

    public static Activation Relu { get; } = KnownActivations.Find("relu")!;

    public static Activation Gelu { get; } = KnownActivations.Find("gelu")!;
}
