using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Attune.Adapters;

namespace Attune.Cli.Options;

/// <summary>Writes a recipe with every value that counts, defaults included, so that it gives the same run again.</summary>
internal static class RecipeWriter
{
    /// <summary>The text of the recipe.</summary>
    /// <param name="values">The values.</param>
    /// <param name="except">Keys that belong to one call, not to the run.</param>
    public static string Write(OptionValues values, params IReadOnlyList<string> except)
    {
        var text = new StringBuilder();
        foreach (IGrouping<string, OptionKey> group in values.Schema.Keys.Where(key => !except.Contains(key.Name)).GroupBy(key => key.Group))
        {
            bool hasHeading = false;
            foreach (OptionKey key in group)
            {
                // JSON is YAML. What is not set has no value to write.
                if (ToJson(values.Get(key)) is not { } value)
                {
                    continue;
                }

                if (!hasHeading)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? "\n" : "")}# {group.Key}\n");
                    hasHeading = true;
                }

                text.Append(CultureInfo.InvariantCulture, $"{key.Name}: {JsonText.Line(value)}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>The same values as one JSON object.</summary>
    public static JsonObject ToJson(OptionValues values, params IReadOnlyList<string> except) => new(
        values.Schema.Keys.Where(key => !except.Contains(key.Name)).Select(key => KeyValuePair.Create(key.Name, ToJson(values.Get(key)))).Where(pair => pair.Value is not null));

    /// <summary>One value; null for one that is not set.</summary>
    public static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        TargetSpec { Pattern: { } pattern } => JsonValue.Create(pattern),
        TargetSpec targets => ToJson(targets.Names),
        IEnumerable<KeyValuePair<string, int>> pairs => Mapping(pairs.Select(pair => KeyValuePair.Create(pair.Key, (object?)pair.Value))),
        IEnumerable<KeyValuePair<string, double>> pairs => Mapping(pairs.Select(pair => KeyValuePair.Create(pair.Key, (object?)pair.Value))),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToJson)]),
        _ => Mapping(OptionsSchema.Properties(value.GetType()).Select(property => KeyValuePair.Create(OptionKey.ToKey(property.Name), property.GetValue(value)))),
    };

    private static JsonObject? Mapping(IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        var mapping = new JsonObject(pairs.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, ToJson(pair.Value))));
        return mapping.Count == 0 ? null : mapping;
    }
}
