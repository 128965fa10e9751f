using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>Conversations as OpenAI's chat API writes them: messages with role and content.</summary>
/// <remarks>Source: the chat fine-tuning format of the OpenAI API reference, whose <c>weight</c> of 0 takes a message of the assistant out of the loss.</remarks>
public sealed class MessagesShape : IRowShape
{
    /// <inheritdoc/>
    public string Key => "messages";

    /// <inheritdoc/>
    public string Columns => "messages: [{role, content}]";

    /// <inheritdoc/>
    public bool IsMapped(ColumnOptions columns) => columns.MessagesColumn is not null;

    /// <inheritdoc/>
    public bool Recognises(JsonElement row, ColumnOptions columns) => ChatMessages.Column(row, columns, "role") is not null;

    /// <inheritdoc/>
    public TrainingExample Read(DataRow row, ColumnOptions columns)
    {
        string column = ChatMessages.Column(row.Value, columns, "role") ?? columns.MessagesColumn ?? "messages";
        var messages = new JsonArray();
        var trained = new List<bool>();
        ChatMessages.Add(row, row.Array(column), column, messages, trained);
        return ChatMessages.Example(row, columns, messages, trained);
    }
}
