using System.Text.Json.Nodes;
using Attune.Text.Templates;
using Attune.Text.Templates.Values;

namespace Attune.Text;

/// <summary>A chat template in Jinja: turns a conversation into the text that a model was trained on. Instances may be used by several threads at once.</summary>
/// <remarks>
/// The language is Jinja 3.1 in an immutable sandbox: no files, no reflection, bounded work (<see cref="TemplateLimits"/>).
/// Environment and preparation of the messages follow Hugging Face transformers 5: <c>trim_blocks</c>, <c>lstrip_blocks</c>, <c>break</c>, <c>continue</c>,
/// <c>{% generation %}</c>, <c>tojson</c> without HTML escapes, <c>raise_exception</c>, <c>strftime_now</c>.
/// </remarks>
public sealed class ChatTemplate
{
    private readonly Template _template;
    private readonly string _name;

    private ChatTemplate(string source, string name)
    {
        Source = source;
        _name = name;
        _template = new Template(source, name);
    }

    /// <summary>The template as it was given.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="nameForErrors">What error messages call it, such as the file's name.</param>
    /// <exception cref="TemplateException">The template has a mistake.</exception>
    public static ChatTemplate Parse(string source, string nameForErrors) => new(source, nameForErrors);

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="TemplateException">The template refuses the conversation (<see cref="TemplateException.RaisedByTemplate"/>), makes a mistake or exceeds a limit.</exception>
    /// <exception cref="TextException">The context does not fit: JSON that cannot be used, or no final message to continue.</exception>
    public RenderedChat Render(ChatTemplateContext context)
    {
        JsonArray messages = MessagePreparation.ShareReasoning(context.Messages);
        FinalMessage? final = context.ContinueFinalMessage ? FinalMessage.Mark(messages, Source, _name) : null;

        var variables = new Dictionary<string, Value>(StringComparer.Ordinal)
        {
            ["messages"] = JsonValues.Convert(messages),
            ["tools"] = JsonValues.Convert(context.Tools),
            ["documents"] = JsonValues.Convert(context.Documents),
            ["add_generation_prompt"] = BoolValue.Of(context.AddGenerationPrompt),
        };
        AddText(variables, "bos_token", context.BosToken);
        AddText(variables, "eos_token", context.EosToken);
        if (JsonValues.Convert(context.Variables) is DictValue more)
        {
            foreach ((Value name, Value value) in more.Entries)
            {
                variables[((StringValue)name).Text] = value;
            }
        }

        (string text, IReadOnlyList<(int Start, int End)> spans) = _template.Render(variables, context.Clock.GetLocalNow(), context.Limits);
        return final is null ? new RenderedChat(text, spans) : final.Cut(text, spans);
    }

    private static void AddText(Dictionary<string, Value> variables, string name, string? text)
    {
        if (text is not null)
        {
            variables[name] = new StringValue(text);
        }
    }
}
