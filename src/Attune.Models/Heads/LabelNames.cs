using System.Globalization;
using System.Text.Json.Nodes;
using Attune.Formats;

namespace Attune.Models.Heads;

/// <summary>The names of a classifier's outputs, in order: <c>id2label</c> and <c>label2id</c> of config.json.</summary>
public static class LabelNames
{
    /// <summary>More need names: a number alone is no witness of the layer that it asks for.</summary>
    private const int MostUnnamed = 1 << 12;

    /// <summary>The names; those of transformers (<c>LABEL_0</c>, <c>LABEL_1</c>) when the configuration has none.</summary>
    /// <exception cref="ModelFileException">The ids are not 0, 1, 2, ... .</exception>
    public static IReadOnlyList<string> Read(ModelConfig config)
    {
        if (config.FindSection("id2label") is not { } section)
        {
            int count = config.GetPositive("num_labels", 2);
            return count <= MostUnnamed ? [.. Enumerable.Range(0, count).Select(Default)] : throw config.Wrong("num_labels", $"at most {MostUnnamed} (name the labels in id2label)");
        }

        var names = new string?[section.Keys.Count()];
        foreach (string key in section.Keys)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= names.Length || names[id] is not null)
            {
                throw config.Wrong("id2label", $"a name for each of the ids 0 to {names.Length - 1}");
            }

            names[id] = section.GetString(key);
        }

        return names.Length > 0 ? [.. names.OfType<string>()] : throw config.Wrong("id2label", "at least one label");
    }

    /// <summary>A copy of a configuration with these names.</summary>
    public static ModelConfig Write(ModelConfig config, IReadOnlyList<string> names)
    {
        var ids = new JsonObject();
        var labels = new JsonObject();
        for (int i = 0; i < names.Count; i++)
        {
            ids[i.ToString(CultureInfo.InvariantCulture)] = names[i];
            labels[names[i]] = i;
        }

        return config.With("num_labels", null).With("id2label", ids).With("label2id", labels);
    }

    private static string Default(int id) => string.Create(CultureInfo.InvariantCulture, $"LABEL_{id}");
}
