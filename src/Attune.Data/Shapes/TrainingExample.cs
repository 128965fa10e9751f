using System.Text.Json.Nodes;

namespace Attune.Data.Shapes;

/// <summary>What a row teaches, before it is tokenised.</summary>
public abstract record TrainingExample;

/// <summary>Running text; every token is learnt.</summary>
/// <param name="Text">The text.</param>
public sealed record TextExample(string Text) : TrainingExample;

/// <summary>An answer to a prompt; the answer is learnt.</summary>
/// <param name="Prompt">The prompt as a user would say it in a conversation.</param>
/// <param name="Completion">The answer.</param>
public sealed record CompletionExample(string Prompt, string Completion) : TrainingExample
{
    /// <summary>A system prompt for models with a chat template; null for none.</summary>
    public string? System { get; init; }

    /// <summary>The prompt as it stands before the answer where there is no chat template. Default: <see cref="Prompt"/>.</summary>
    public string PlainPrompt { get; init; } = Prompt;
}

/// <summary>A conversation; what the assistant says in it is learnt.</summary>
/// <param name="Messages">Objects with <c>role</c>, <c>content</c> and whatever else the chat template may use (<c>tool_calls</c>, <c>name</c>, ...).</param>
/// <param name="IsTrained">For each message, whether it is learnt: true only for messages of the assistant.</param>
public sealed record ChatExample(JsonArray Messages, IReadOnlyList<bool> IsTrained) : TrainingExample
{
    /// <summary>Definitions of the tools that the assistant may call; null for none.</summary>
    public JsonArray? Tools { get; init; }
}
