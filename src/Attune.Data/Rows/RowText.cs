using System.Text;
using System.Text.Json;

namespace Attune.Data.Rows;

/// <summary>The text of a row: what its columns hold as text, however deep, in their order, one below the other.</summary>
/// <param name="columns">The columns that count; empty for all.</param>
public sealed class RowText(IReadOnlyList<string> columns)
{
    /// <summary>The text of a row; empty when it has none.</summary>
    /// <exception cref="DataException">A text of the row has half a surrogate pair.</exception>
    public string Of(DataRow row)
    {
        if (columns.Count == 1 && row.Value.ValueKind == JsonValueKind.Object && row.Value.TryGetProperty(columns[0], out JsonElement only) && only.ValueKind == JsonValueKind.String)
        {
            return row.TextOf(only, columns[0]);
        }

        var text = new StringBuilder();
        if (row.Value.ValueKind == JsonValueKind.Object && columns.Count > 0)
        {
            foreach (string column in columns)
            {
                if (row.Value.TryGetProperty(column, out JsonElement value))
                {
                    Add(row, value, text);
                }
            }
        }
        else
        {
            Add(row, row.Value, text);
        }

        return text.ToString();
    }

    private static void Add(DataRow row, JsonElement value, StringBuilder text)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                text.Append(text.Length > 0 ? "\n" : "").Append(row.TextOf(value, "a value"));
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Add(row, item, text);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    Add(row, property.Value, text);
                }

                break;
        }
    }
}
