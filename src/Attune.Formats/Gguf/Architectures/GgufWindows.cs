using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Layers that see only the last tokens: <c>attention.sliding_window</c>, and which layers they are.</summary>
/// <param name="pattern">The architecture's own pattern: of so many layers that follow one another the last sees all tokens; <see cref="All"/>, <see cref="NoLayers"/>.</param>
/// <param name="usualWindow">The window of files that do not say; null: their layers see all tokens.</param>
/// <param name="isFirstFull">Whether the first of so many layers sees all tokens instead of the last.</param>
internal sealed class GgufWindows(int pattern, int? usualWindow = null, bool isFirstFull = false)
{
    /// <summary>Every layer has a window, if one does.</summary>
    public const int All = 0;

    /// <summary>No layer has a window unless the file lists those that do.</summary>
    public const int NoLayers = 1;

    private const int LongestPeriod = 64;

    private const string WindowKey = "attention.sliding_window";

    private const string PatternKey = "attention.sliding_window_pattern";

    /// <summary>What configurations call a layer with a window.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>What they call a layer that sees all tokens.</summary>
    public const string Full = "full_attention";

    /// <summary>The window of a file and whether it has each layer, or null where all layers see all tokens.</summary>
    public (int Window, bool[] Sliding)? Read(GgufMetadata metadata, string architecture, int layers)
    {
        int window = metadata.GetInt32($"{architecture}.{WindowKey}") ?? usualWindow ?? 0;
        if (window < 0)
        {
            throw ModelFileException.At(metadata.Location, $"key '{architecture}.{WindowKey}'", $"expected a number of tokens, found {window}");
        }

        if (window == 0)
        {
            return null;
        }

        string key = $"{architecture}.{PatternKey}";
        if (metadata.TryGetValue(key, out object? value) && value is bool[] flags)
        {
            return flags.Length == layers ? (window, flags) : throw ModelFileException.At(metadata.Location, $"key '{key}'", $"expected one for each of {layers} layers, found {flags.Length}");
        }

        return (window, Flags(metadata.GetInt32(key) ?? pattern, layers));
    }

    /// <summary>Reads the window and the kinds of layers into a configuration.</summary>
    public void Read(GgufMetadata metadata, string architecture, JsonObject config, string layersKey)
    {
        int layers = (int)config[layersKey]!;
        (int Window, bool[] Sliding)? windows = Read(metadata, architecture, layers);
        config["sliding_window"] = windows?.Window;
        if (pattern > NoLayers || windows?.Sliding.Contains(false) == true)
        {
            config["layer_types"] = Types(windows?.Sliding ?? new bool[layers]);
        }
    }

    /// <summary>Writes the window of a configuration and which layers have it: as <c>layer_types</c> says, or by the family's rule where it is absent.</summary>
    public void Write(ModelConfig config, string architecture, GgufMetadata metadata, int layers, Func<int, bool> rule, int window = 0)
    {
        IReadOnlyList<string>? types = config.FindStrings("layer_types");
        if (types is not null && types.Count != layers)
        {
            throw config.Wrong("layer_types", $"{layers} texts");
        }

        bool[] sliding = [.. Enumerable.Range(0, layers).Select(layer => types is null ? rule(layer) : types[layer] == Sliding)];
        if (!sliding.Contains(true))
        {
            // The architecture has windows unless told otherwise.
            if (pattern > NoLayers)
            {
                metadata[$"{architecture}.{PatternKey}"] = (uint)NoLayers;
                if (config.FindPositive("sliding_window") is int unused)
                {
                    metadata[$"{architecture}.{WindowKey}"] = (uint)unused;
                }
            }

            return;
        }

        metadata[$"{architecture}.{WindowKey}"] = (uint)(window > 0 ? config.GetPositive("sliding_window", window) : config.GetPositive("sliding_window"));
        if (sliding.SequenceEqual(Flags(pattern, layers)))
        {
            return;
        }

        int period = Enumerable.Range(2, Math.Clamp(layers - 1, 0, LongestPeriod)).FirstOrDefault(n => sliding.SequenceEqual(Flags(n, layers)));
        metadata[$"{architecture}.{PatternKey}"] = period > 0 ? (uint)period : sliding;
    }

    /// <summary>What configurations call layers with windows and without.</summary>
    public static JsonArray Types(bool[] sliding) => [.. sliding.Select(slides => (JsonNode)(slides ? Sliding : Full))];

    private bool[] Flags(int period, int layers) => [.. Enumerable.Range(0, layers).Select(layer => period <= 0 || (isFirstFull ? layer % period > 0 : layer % period < period - 1))];
}
