using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>What the shapes with conversations have in common.</summary>
internal static class ChatMessages
{
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>The column with a conversation whose turns have the key <paramref name="turnKey"/>; null when there is none.</summary>
    public static string? Column(JsonElement row, ColumnOptions columns, string turnKey)
    {
        foreach (string column in columns.MessagesColumn is { } mapped ? [mapped] : new[] { "messages", "conversations" })
        {
            if (RowColumns.Has(row, column, JsonValueKind.Array)
                && row.GetProperty(column).EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
                && first.TryGetProperty(turnKey, out _))
            {
                return column;
            }
        }

        return null;
    }

    /// <summary>Adds messages with role and content, checked and in the form that chat templates expect.</summary>
    public static void Add(DataRow row, JsonElement items, string column, JsonArray messages, List<bool> trained)
    {
        int number = 0;
        foreach (JsonElement item in items.EnumerateArray())
        {
            string place = $"column '{column}', message {++number}";
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("role", out JsonElement role))
            {
                throw row.Wrong($"{place}: expected an object with role and content, found {RowColumns.Kind(item)}");
            }

            string name = row.TextOf(role, place + ", role");
            if (!Roles.Contains(name))
            {
                throw row.Wrong($"{place}, role: expected one of {string.Join(", ", Roles)}, found '{name}'");
            }

            messages.Add(Message(row, item, name, place));
            trained.Add(name == "assistant" && IsWeighted(row, item, place));
        }
    }

    /// <summary>The conversation of a row, with the system prompt and the tools that stand in other columns.</summary>
    /// <exception cref="DataException">No message is there to learn.</exception>
    public static ChatExample Example(DataRow row, ColumnOptions columns, JsonArray messages, List<bool> trained)
    {
        if (!trained.Contains(true))
        {
            throw row.Wrong("the conversation has no message of the assistant to learn");
        }

        if (row.OptionalText(columns.SystemColumn) is { Length: > 0 } system && (string?)messages[0]!["role"] != "system")
        {
            messages.Insert(0, new JsonObject { ["role"] = "system", ["content"] = system });
            trained.Insert(0, false);
        }

        return new ChatExample(messages, trained) { Tools = Tools(row, columns.ToolsColumn) };
    }

    /// <summary>JSON in a text; null when the text is none.</summary>
    public static JsonNode? ParseText(string text)
    {
        try
        {
            // Through the strict reader, which bounds the depth and lets the last of two equal keys win.
            DataRow row = Formats.JsonRow.Parse(string.Empty, 1, System.Text.Encoding.UTF8.GetBytes(text));
            return row.Error is null ? row.NodeOf(row.Value, string.Empty) : null;
        }
        catch (DataException)
        {
            return null;
        }
    }

    private static JsonObject Message(DataRow row, JsonElement item, string role, string place)
    {
        bool calls = item.TryGetProperty("tool_calls", out JsonElement toolCalls) && toolCalls.ValueKind == JsonValueKind.Array;
        var message = new JsonObject { ["role"] = role };
        message["content"] = item.TryGetProperty("content", out JsonElement content) && content.ValueKind != JsonValueKind.Null
            ? Content(row, content, place + ", content")
            : calls ? null : throw row.Wrong($"{place}, content: expected text, found nothing");
        foreach (JsonProperty property in item.EnumerateObject())
        {
            // Tables write the keys that a message does not have as null; to a template they are not there.
            if (property.Name is not ("role" or "content" or "weight") && property.Value.ValueKind != JsonValueKind.Null)
            {
                message[property.Name] = row.NodeOf(property.Value, $"{place}, {property.Name}");
            }
        }

        if (message["tool_calls"] is JsonArray array)
        {
            foreach (JsonNode? call in array)
            {
                ParseArguments(call);
            }
        }

        return message;
    }

    /// <summary>Text, or the text parts of a message put together.</summary>
    private static string Content(DataRow row, JsonElement content, string place)
    {
        if (content.ValueKind != JsonValueKind.Array)
        {
            return row.TextOf(content, place);
        }

        var text = new System.Text.StringBuilder();
        int number = 0;
        foreach (JsonElement part in content.EnumerateArray())
        {
            number++;
            if (!RowColumns.Has(part, "type", JsonValueKind.String) || part.GetProperty("type").ValueEquals("text") == false || !part.TryGetProperty("text", out JsonElement value))
            {
                throw row.Wrong($"{place}, part {number}: expected a part of type text, found {(RowColumns.Has(part, "type", JsonValueKind.String) ? part.GetProperty("type").GetRawText() : RowColumns.Kind(part))}");
            }

            text.Append(row.TextOf(value, $"{place}, part {number}"));
        }

        return text.ToString();
    }

    private static bool IsWeighted(DataRow row, JsonElement item, string place)
    {
        if (!item.TryGetProperty("weight", out JsonElement weight) || weight.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        return weight.ValueKind == JsonValueKind.Number && weight.TryGetDouble(out double value) && value is 0 or 1
            ? value == 1
            : throw row.Wrong($"{place}, weight: expected 0 or 1, found {weight.GetRawText()}");
    }

    /// <summary>OpenAI writes a call's arguments as the text of an object; chat templates want the object.</summary>
    private static void ParseArguments(JsonNode? call)
    {
        if ((call as JsonObject)?["function"] is JsonObject function
            && function["arguments"] is JsonValue arguments
            && arguments.TryGetValue(out string? text)
            && ParseText(text) is JsonObject parsed)
        {
            function["arguments"] = parsed;
        }
    }

    private static JsonArray? Tools(DataRow row, string column)
    {
        JsonElement value = row.Column(column);
        JsonNode? tools = value.ValueKind switch
        {
            JsonValueKind.Undefined => null,
            JsonValueKind.String when string.IsNullOrWhiteSpace(row.TextOf(value, $"column '{column}'")) => null,
            JsonValueKind.String => ParseText(row.Text(column)) ?? throw row.Wrong($"column '{column}': expected a JSON array of tools, found other text"),
            _ => row.NodeOf(value, $"column '{column}'"),
        };
        return tools switch
        {
            null => null,
            JsonArray { Count: 0 } => null,
            JsonArray array => array,
            _ => throw row.Wrong($"column '{column}': expected a JSON array of tools, found {RowColumns.Kind(value)}"),
        };
    }
}
