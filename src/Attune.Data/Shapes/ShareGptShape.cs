using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>Conversations as ShareGPT writes them: turns with <c>from</c> and <c>value</c>, tool calls as turns of their own.</summary>
public sealed class ShareGptShape : IRowShape
{
    // What the field's data sets call the four roles; function_call is the assistant calling a tool.
    private static readonly Dictionary<string, string> Roles = new(StringComparer.Ordinal)
    {
        ["human"] = "user",
        ["user"] = "user",
        ["gpt"] = "assistant",
        ["chatgpt"] = "assistant",
        ["assistant"] = "assistant",
        ["model"] = "assistant",
        ["function_call"] = "assistant",
        ["observation"] = "tool",
        ["tool"] = "tool",
        ["system"] = "system",
    };

    /// <inheritdoc/>
    public string Key => "sharegpt";

    /// <inheritdoc/>
    public string Columns => "conversations: [{from, value}]";

    /// <inheritdoc/>
    public bool IsMapped(ColumnOptions columns) => columns.MessagesColumn is not null;

    /// <inheritdoc/>
    public bool Recognises(JsonElement row, ColumnOptions columns) => ChatMessages.Column(row, columns, "from") is not null;

    /// <inheritdoc/>
    public TrainingExample Read(DataRow row, ColumnOptions columns)
    {
        string column = ChatMessages.Column(row.Value, columns, "from") ?? columns.MessagesColumn ?? "conversations";
        var messages = new JsonArray();
        var trained = new List<bool>();
        foreach (JsonElement turn in row.Array(column).EnumerateArray())
        {
            string place = $"column '{column}', turn {messages.Count + 1}";
            JsonObject message = Message(row, turn, place);
            messages.Add(message);
            trained.Add((string)message["role"]! == "assistant");
        }

        return ChatMessages.Example(row, columns, messages, trained);
    }

    private static JsonObject Message(DataRow row, JsonElement turn, string place)
    {
        if (turn.ValueKind != JsonValueKind.Object || !turn.TryGetProperty("from", out JsonElement from) || !turn.TryGetProperty("value", out JsonElement value))
        {
            throw row.Wrong($"{place}: expected an object with from and value, found {RowColumns.Kind(turn)}");
        }

        string speaker = row.TextOf(from, place + ", from");
        string text = row.TextOf(value, place + ", value");
        if (!Roles.TryGetValue(speaker, out string? role))
        {
            throw row.Wrong($"{place}, from: expected one of {string.Join(", ", Roles.Keys)}, found '{speaker}'");
        }

        return speaker == "function_call"
            ? new JsonObject { ["role"] = role, ["content"] = string.Empty, ["tool_calls"] = Calls(row, text, place) }
            : new JsonObject { ["role"] = role, ["content"] = text };
    }

    /// <summary>The calls in a turn: the text of an object with name and arguments, or of an array of them.</summary>
    private static JsonArray Calls(DataRow row, string text, string place)
    {
        JsonNode? parsed = ChatMessages.ParseText(text);
        JsonNode?[] calls = parsed is JsonArray array ? [.. array] : [parsed];
        var result = new JsonArray();
        foreach (JsonNode? call in calls)
        {
            if (call is not JsonObject named || named["name"] is not JsonValue)
            {
                throw row.Wrong($"{place}: a function_call must be the JSON text of an object with name and arguments");
            }

            result.Add(new JsonObject { ["type"] = "function", ["function"] = call.DeepClone() });
        }

        return result;
    }
}
