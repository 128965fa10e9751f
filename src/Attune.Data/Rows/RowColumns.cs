using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Data.Rows;

/// <summary>Columns of a row with the types that a shape needs; errors name line, column, what was expected and what was found.</summary>
public static class RowColumns
{
    /// <param name="row">The row.</param>
    extension(DataRow row)
    {
        /// <summary>The value of a column; undefined when there is none or it is null.</summary>
        public JsonElement Column(string column)
        {
            if (row.Value.ValueKind != JsonValueKind.Object)
            {
                throw row.Wrong($"expected an object with columns, found {Kind(row.Value)}");
            }

            return row.Value.TryGetProperty(column, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : default;
        }

        /// <summary>The text of a column that must be there.</summary>
        public string Text(string column) => row.TextOf(row.Column(column), $"column '{column}'");

        /// <summary>The text of a column; null when it is not there or null.</summary>
        public string? OptionalText(string column) =>
            row.Column(column) is { ValueKind: not JsonValueKind.Undefined } value ? row.TextOf(value, $"column '{column}'") : null;

        /// <summary>The items of an array column that must be there.</summary>
        public JsonElement Array(string column) => row.Column(column) is { ValueKind: JsonValueKind.Array } value
            ? value
            : throw row.Wrong($"column '{column}': expected an array, found {Kind(row.Column(column))}");

        /// <summary>A value as text; <paramref name="place"/> names it in the error.</summary>
        public string TextOf(JsonElement value, string place)
        {
            if (value.ValueKind != JsonValueKind.String)
            {
                throw row.Wrong($"{place}: expected text, found {Kind(value)}");
            }

            try
            {
                return value.GetString()!;
            }
            catch (InvalidOperationException e)
            {
                throw row.Wrong($"{place}: the text has half a surrogate pair (such as \\ud800 alone), which is no character", inner: e);
            }
        }

        /// <summary>A value as a node that can be given to a chat template; of keys that stand twice the last wins.</summary>
        public JsonNode? NodeOf(JsonElement value, string place)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    var node = new JsonObject();
                    foreach (JsonProperty property in value.EnumerateObject())
                    {
                        node[property.Name] = row.NodeOf(property.Value, place);
                    }

                    return node;
                case JsonValueKind.Array:
                    var array = new JsonArray();
                    foreach (JsonElement item in value.EnumerateArray())
                    {
                        array.Add(row.NodeOf(item, place));
                    }

                    return array;
                case JsonValueKind.String:
                    return JsonValue.Create(row.TextOf(value, place));
                default:
                    return JsonValue.Create(value);
            }
        }
    }

    /// <summary>The kind of a value in words.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Null => "null",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        _ => "true or false",
    };

    /// <summary>Whether an object has a column that is not null, of one kind.</summary>
    public static bool Has(JsonElement row, string column, JsonValueKind kind) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(column, out JsonElement value) && value.ValueKind == kind;
}
