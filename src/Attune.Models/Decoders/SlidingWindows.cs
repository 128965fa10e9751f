using Attune.Formats;

namespace Attune.Models.Decoders;

/// <summary>Reads which layers see only the last tokens.</summary>
internal static class SlidingWindows
{
    /// <summary>The name of such a layer in <c>layer_types</c>.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>The window of each layer, 0 for all keys: as <c>layer_types</c> says, or by the family's rule in files without it.</summary>
    /// <exception cref="ModelFileException">The list does not fit, or the window is missing.</exception>
    public static int[] Read(ModelConfig config, int layers, Func<int, bool> rule)
    {
        IReadOnlyList<string>? types = config.FindStrings("layer_types");
        if (types is not null && (types.Count != layers || types.Any(type => type is not (Sliding or "full_attention"))))
        {
            throw config.Wrong("layer_types", $"{layers} texts, each \"{Sliding}\" or \"full_attention\"");
        }

        var windows = new int[layers];
        for (int i = 0; i < layers; i++)
        {
            windows[i] = (types is null ? rule(i) : types[i] == Sliding) ? config.GetPositive("sliding_window") : 0;
        }

        return windows;
    }
}
