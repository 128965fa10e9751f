using System.Text.Json.Nodes;

namespace Attune.Formats;

/// <summary>Brings the two spellings of the rotary embedding's parameters into the new one.</summary>
internal static class RopeSection
{
    // Keys that older files keep beside rope_scaling instead of inside it.
    private static readonly string[] TopLevelKeys = ["rope_theta", "partial_rotary_factor", "original_max_position_embeddings"];

    public static ModelConfig Read(ModelConfig config, double defaultTheta, string? layerType)
    {
        string key = config.Present("rope_parameters", "rope_scaling");
        ModelConfig? section = config.FindSection(key);
        if (layerType is not null && section is not null && !section.Has("rope_type"))
        {
            section = section.FindSection(layerType) ?? throw section.Wrong(layerType, "the parameters of this kind of layer");
        }

        // Numbers are passed on as they are written: infinity is no number of JSON.
        JsonObject all = config.ToJsonObject();
        JsonObject values = section?.ToJsonObject() ?? [];
        foreach (string name in TopLevelKeys)
        {
            if (!values.ContainsKey(name) && config.FindDouble(name) is not null)
            {
                values.Add(name, all[name]!.DeepClone());
            }
        }

        if (section is not null && !section.Has("rope_type") && section.FindString("type") is string oldType)
        {
            values["rope_type"] = oldType;
        }

        values.Remove("type");
        values.TryAdd("rope_type", "default");
        values.TryAdd("rope_theta", defaultTheta);
        return new ModelConfig(values, $"{config.Location} ({key})");
    }
}
