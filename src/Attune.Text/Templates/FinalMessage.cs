using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Text.Templates;

/// <summary>The final message of a conversation that the model is to continue: a mark behind its text shows where the output must end.</summary>
/// <remarks>The mark ends with a blank: where a template trims the content, the blank is lost, and the blanks that the trim would have taken from the content are, too.</remarks>
internal sealed class FinalMessage
{
    private const string Tag = "CONTINUE_FINAL_MESSAGE_TAG";

    private readonly string _text;
    private readonly string _name;

    private FinalMessage(string text, string name) => (_text, _name) = (text, name);

    /// <summary>Adds the mark to the last text of the last message.</summary>
    public static FinalMessage Mark(JsonArray messages, string template, string name)
    {
        if (messages is not [.., JsonObject message] || message["content"] is not { } content)
        {
            throw new TextException("continuing the final message needs a final message with 'content'; none was found");
        }

        if (!template.Contains("content", StringComparison.Ordinal))
        {
            throw new TextException($"continuing the final message needs a template that prints 'content'; chat template '{name}' does not");
        }

        JsonObject holder = message;
        string key = "content";
        if (content is JsonArray parts)
        {
            holder = parts.OfType<JsonObject>().LastOrDefault(part => part.ContainsKey("text"))
                ?? throw new TextException("continuing the final message needs text in it; none of its parts has 'text'");
            key = "text";
        }

        if (holder[key] is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
        {
            throw new TextException($"continuing the final message needs a string as its '{key}'");
        }

        string text = value.GetValue<string>();
        holder[key] = text + Tag + " ";
        return new FinalMessage(text, name);
    }

    /// <summary>Cuts the output where the mark stands.</summary>
    public RenderedChat Cut(string text, IReadOnlyList<(int Start, int End)> spans)
    {
        int mark = text.LastIndexOf(Tag, StringComparison.Ordinal);
        if (mark < 0 || !text.Contains(PythonText.Strip(_text, null).ToString(), StringComparison.Ordinal))
        {
            throw new TextException($"chat template '{_name}' does not print the whole final message, so it cannot be continued");
        }

        bool keptBlank = mark + Tag.Length < text.Length && text[mark + Tag.Length] == ' ';
        string cut = keptBlank ? text[..mark] : PythonText.Strip(text[..mark], null, left: false).ToString();
        int length = PythonText.CountCodePoints(cut);
        return new RenderedChat(cut, [.. spans.Where(span => span.Start < length).Select(span => (span.Start, Math.Min(span.End, length)))]);
    }
}
