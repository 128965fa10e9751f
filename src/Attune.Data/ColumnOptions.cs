namespace Attune.Data;

/// <summary>Which shape the rows have, and which columns hold what. Setting a column chooses the shape it belongs to.</summary>
public sealed record ColumnOptions
{
    /// <summary>The rows' shape: <c>messages</c>, <c>sharegpt</c>, <c>alpaca</c>, <c>prompt_completion</c> or <c>text</c>. Default: recognised from the first rows of each file.</summary>
    public string? Shape { get; init; }

    /// <summary>Column of shape <c>text</c>. Default: <c>text</c>, else <c>content</c>.</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of the prompt in shape <c>prompt_completion</c>. Default: <c>prompt</c>.</summary>
    public string? PromptColumn { get; init; }

    /// <summary>Column of the answer in shape <c>prompt_completion</c>. Default: <c>completion</c>, else <c>response</c>.</summary>
    public string? CompletionColumn { get; init; }

    /// <summary>Column of the task in shape <c>alpaca</c>. Default: <c>instruction</c>.</summary>
    public string? InstructionColumn { get; init; }

    /// <summary>Column of the optional material that the task is about in shape <c>alpaca</c>. Default: <c>input</c>.</summary>
    public string? InputColumn { get; init; }

    /// <summary>Column of the answer in shape <c>alpaca</c>. Default: <c>output</c>.</summary>
    public string? OutputColumn { get; init; }

    /// <summary>Column of the conversation in the shapes <c>messages</c> and <c>sharegpt</c>. Default: <c>messages</c>, else <c>conversations</c>.</summary>
    public string? MessagesColumn { get; init; }

    /// <summary>Column of the tool definitions of a conversation, a JSON array or its text. Default: <c>tools</c>.</summary>
    public string ToolsColumn { get; init; } = "tools";

    /// <summary>Column of a system prompt beside the conversation or the prompt; used where the row has it. Default: <c>system</c>.</summary>
    public string SystemColumn { get; init; } = "system";
}
