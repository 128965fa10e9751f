using System.Text.Json.Nodes;
using Attune.Adapters;

namespace Attune.Cli.Options;

/// <summary>Describes recipes for editors, as JSON Schema (draft 2020-12): every key with its type, meaning and default.</summary>
internal static class RecipeSchema
{
    /// <summary>The schema of the recipes that set these keys.</summary>
    /// <param name="schema">The keys.</param>
    /// <param name="title">What the recipes are for.</param>
    /// <param name="except">Keys that belong to the command line only.</param>
    public static JsonObject Describe(OptionsSchema schema, string title, params IReadOnlyList<string> except)
    {
        var properties = new JsonObject();
        foreach (OptionKey key in schema.Keys.Where(key => !except.Contains(key.Name)))
        {
            properties[key.Name] = Describe(key.Type, key.Documentation, key.Default);
            if (key.Alias is { } alias)
            {
                properties[alias] = Describe(key.Type, $"The same as {key.Name}. {key.Documentation}", key.Default);
            }
        }

        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = title,
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
    }

    private static JsonObject Describe(Type type, string documentation, object? value)
    {
        JsonObject described = Describe(type);
        described["description"] = documentation;
        if (RecipeWriter.ToJson(value) is { } given)
        {
            described["default"] = given;
        }

        return described;
    }

    // A key without a value stands at its default, so null goes where the property takes it.
    private static JsonObject Describe(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Either(Describe(inner), Typed("null"));
        }

        if (OptionValue.IsRecord(type))
        {
            JsonObject record = Typed("object");
            record["additionalProperties"] = false;
            record["properties"] = new JsonObject(OptionsSchema.Properties(type).Select(property =>
                KeyValuePair.Create(OptionKey.ToKey(property.Name), (JsonNode?)Describe(property.PropertyType, OptionDocs.Of(property), null))));
            return Either(record, Typed("null"));
        }

        if ((type == typeof(TargetSpec) ? typeof(string) : OptionValue.ElementOf(type)) is not { } element)
        {
            return type == typeof(string) ? Either(Typed(type), Typed("null")) : Typed(type);
        }

        if (OptionValue.PairValueOf(element) is { } value)
        {
            JsonObject mapping = Typed("object");
            mapping["additionalProperties"] = Typed(value);
            return Either(mapping, Typed("null"));
        }

        JsonObject list = Typed("array");
        list["items"] = Typed(element);
        return Either(Typed(element), list, Typed("null"));
    }

    private static JsonObject Either(params JsonObject[] forms) => new() { ["anyOf"] = new JsonArray([.. forms]) };

    private static JsonObject Typed(string name) => new() { ["type"] = name };

    // A recipe's texts may stand without quotes, so what looks like a number or a truth value is a text, too, where one is wanted.
    private static JsonObject Typed(Type type) => type == typeof(string)
        ? new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") }
        : Typed(type == typeof(bool) ? "boolean" : type == typeof(double) ? "number" : "integer");
}
