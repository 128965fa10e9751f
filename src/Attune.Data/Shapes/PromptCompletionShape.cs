using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>A prompt and its completion, both text, or both lists of messages as TRL has them.</summary>
public sealed class PromptCompletionShape : IRowShape
{
    /// <inheritdoc/>
    public string Key => "prompt_completion";

    /// <inheritdoc/>
    public string Columns => "prompt and completion or response";

    /// <inheritdoc/>
    public bool IsMapped(ColumnOptions columns) => (columns.PromptColumn ?? columns.CompletionColumn) is not null;

    /// <inheritdoc/>
    public bool Recognises(JsonElement row, ColumnOptions columns)
    {
        string prompt = Prompt(columns);
        string completion = Completion(row, columns);
        return (RowColumns.Has(row, prompt, JsonValueKind.String) && RowColumns.Has(row, completion, JsonValueKind.String))
            || (RowColumns.Has(row, prompt, JsonValueKind.Array) && RowColumns.Has(row, completion, JsonValueKind.Array));
    }

    /// <inheritdoc/>
    public TrainingExample Read(DataRow row, ColumnOptions columns)
    {
        string prompt = Prompt(columns);
        string completion = Completion(row.Value, columns);
        return row.Column(prompt).ValueKind == JsonValueKind.Array
            ? Conversation(row, columns, prompt, completion)
            : new CompletionExample(row.Text(prompt), row.Text(completion)) { System = row.OptionalText(columns.SystemColumn) };
    }

    // The prompt's assistant messages are context: only the completion is learnt.
    private static ChatExample Conversation(DataRow row, ColumnOptions columns, string prompt, string completion)
    {
        var messages = new JsonArray();
        var trained = new List<bool>();
        ChatMessages.Add(row, row.Array(prompt), prompt, messages, trained);
        for (int i = 0; i < trained.Count; i++)
        {
            trained[i] = false;
        }

        ChatMessages.Add(row, row.Array(completion), completion, messages, trained);
        return ChatMessages.Example(row, columns, messages, trained);
    }

    private static string Prompt(ColumnOptions columns) => columns.PromptColumn ?? "prompt";

    private static string Completion(JsonElement row, ColumnOptions columns) =>
        columns.CompletionColumn
        ?? (row.ValueKind == JsonValueKind.Object && !row.TryGetProperty("completion", out _) && row.TryGetProperty("response", out _) ? "response" : "completion");
}
