using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>The windows of Qwen models, which are turned off in most: files without the keys have none.</summary>
internal static class QwenWindows
{
    private static readonly GgufWindows Windows = new(GgufWindows.NoLayers);

    public static void Read(GgufMetadata metadata, string architecture, JsonObject config)
    {
        bool used = Windows.Read(metadata, architecture, (int)config["num_hidden_layers"]!) is { } windows && windows.Sliding.Contains(true);
        config["use_sliding_window"] = used;
        if (used)
        {
            Windows.Read(metadata, architecture, config, "num_hidden_layers");
        }
    }

    public static void Write(ModelConfig config, string architecture, GgufMetadata metadata, Func<int, bool> rule)
    {
        bool used = config.GetBoolean("use_sliding_window", false) && config.Has("sliding_window");
        Windows.Write(config, architecture, metadata, config.GetCount("num_hidden_layers"), layer => used && rule(layer));
    }

    /// <summary>The rule of Qwen2 and Qwen3: layers from <c>max_window_layers</c> on.</summary>
    public static Func<int, bool> IsAbove(ModelConfig config)
    {
        int first = config.FindInt32("max_window_layers") ?? 28;
        return layer => layer >= first;
    }
}
