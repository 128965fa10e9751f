using System.Text.Json.Nodes;

namespace Attune.Text;

/// <summary>What a chat template is rendered with. JSON numbers written without a point or exponent are integers.</summary>
public sealed record ChatTemplateContext
{
    /// <summary>The conversation: objects with <c>role</c>, <c>content</c> and what else the template knows.</summary>
    public required JsonArray Messages { get; init; }

    /// <summary>JSON schemas of the tools that the model may call; default none.</summary>
    public JsonArray? Tools { get; init; }

    /// <summary>Documents for retrieval-augmented templates, objects with <c>title</c> and <c>text</c>; default none.</summary>
    public JsonArray? Documents { get; init; }

    /// <summary>Whether the text ends with the beginning of an answer. Default no.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Whether the text ends with the content of the last message, for the model to continue. Default no.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>The token that begins a text; undefined in the template when null (the default).</summary>
    public string? BosToken { get; init; }

    /// <summary>The token that ends a text; undefined in the template when null (the default).</summary>
    public string? EosToken { get; init; }

    /// <summary>More variables, such as <c>enable_thinking</c>; they win over the properties of the same name. Default none.</summary>
    public JsonObject? Variables { get; init; }

    /// <summary>The clock of <c>strftime_now</c>; its local time is used. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What the rendering may use.</summary>
    public TemplateLimits Limits { get; init; } = TemplateLimits.Default;
}
