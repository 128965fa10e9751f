using System.Text.Json.Nodes;
using Attune.Data.Rows;
using Attune.Data.Shapes;
using Attune.Text;

namespace Attune.Data.Tokenization;

/// <summary>A model's chat template with the tokens it writes. May be used by several threads at once.</summary>
/// <param name="template">The template; null when there is none but <see cref="ToolTemplate"/>, or none that would be the one to take.</param>
/// <param name="bosToken">The model's beginning-of-text token; null when it has none.</param>
/// <param name="eosToken">The model's end-of-text token; null when it has none.</param>
/// <param name="variables">More variables of the template, such as <c>enable_thinking</c>; null for none.</param>
/// <param name="clock">The clock of templates that write today's date. Default: it stands at 26 July 2024, so that a run tomorrow trains on the same text.</param>
public sealed class ChatRenderer(ChatTemplate? template, string? bosToken, string? eosToken, JsonObject? variables = null, TimeProvider? clock = null)
{
    private readonly TimeProvider _clock = clock ?? new StoppedClock();

    /// <summary>The template of conversations with tools; null (the default) when they have none of their own.</summary>
    public ChatTemplate? ToolTemplate { get; init; }

    /// <summary>Renders the first messages of a conversation.</summary>
    /// <exception cref="DataException">The template refuses the conversation.</exception>
    internal RenderedChat Render(DataRow row, ChatExample chat, int messages, bool addGenerationPrompt)
    {
        ChatTemplate chosen = (chat.Tools is null ? null : ToolTemplate) ?? template
            ?? throw row.Wrong("the model has several chat templates, and none is called default; give the one to use with chat_template");
        try
        {
            return chosen.Render(new ChatTemplateContext
            {
                Messages = messages == chat.Messages.Count ? chat.Messages : new JsonArray([.. chat.Messages.Take(messages).Select(message => message!.DeepClone())]),
                Tools = chat.Tools,
                AddGenerationPrompt = addGenerationPrompt,
                BosToken = bosToken,
                EosToken = eosToken,
                Variables = variables,
                Clock = _clock,
            });
        }
        catch (TextException e)
        {
            throw row.Wrong("the chat template refuses the conversation", e.Message, e);
        }
    }

    /// <summary>Checks that the tool calls of a conversation have a part in its text: a template that does not know them leaves them out without a word.</summary>
    /// <exception cref="DataException">The text would be the same without the calls.</exception>
    internal void CheckToolCalls(DataRow row, ChatExample chat, string text)
    {
        if (!chat.Messages.Any(message => message!["tool_calls"] is not null))
        {
            return;
        }

        var without = (JsonArray)chat.Messages.DeepClone();
        foreach (JsonNode? message in without)
        {
            ((JsonObject)message!).Remove("tool_calls");
        }

        if (TextOrNull(row, chat with { Messages = without }) == text)
        {
            throw row.Wrong("the chat template does not write tool calls, so they would be lost; use a template that does");
        }
    }

    /// <summary>A template may refuse results of tools that nobody called; then it knows calls.</summary>
    private string? TextOrNull(DataRow row, ChatExample chat)
    {
        try
        {
            return Render(row, chat, chat.Messages.Count, addGenerationPrompt: false).Text;
        }
        catch (DataException)
        {
            return null;
        }
    }

    /// <summary>The date that Llama's own templates fall back to.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 26, 0, 0, 0, TimeSpan.Zero);
    }
}
