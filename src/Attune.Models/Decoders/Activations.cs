using Attune.Formats;
using Attune.Nn.FeedForward;

namespace Attune.Models.Decoders;

/// <summary>Finds the activation that a configuration names.</summary>
internal static class Activations
{
    /// <summary>The activation under a key, or the family's own when the key is absent.</summary>
    /// <exception cref="ModelFileException">There is no activation of that name; the message lists those there are.</exception>
    public static Activation FromConfig(ModelConfig config, string key, string fallback) => KnownActivations.Find(config.GetString(key, fallback))
        ?? throw config.Wrong(key, $"one of {string.Join(", ", KnownActivations.All.Select(activation => activation.Name))}");
}
