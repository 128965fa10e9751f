using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary><c>CharDelimiterSplit</c>: cuts at a character, which vanishes.</summary>
internal sealed class CharDelimiterSplitPreTokenizer(string delimiter) : IPreTokenizer
{
    private readonly PatternSplitter _splitter = new(new StringPattern(delimiter), SplitBehavior.Removed, invert: false);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static CharDelimiterSplitPreTokenizer Read(JsonView json) => new(json["delimiter"].AsCharacter());

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(_splitter);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "CharDelimiterSplit");
        json.WriteString("delimiter", delimiter);
        json.WriteEndObject();
    }
}
