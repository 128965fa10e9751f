using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>WhitespaceSplit</c>: cuts at white space, which vanishes.</summary>
internal sealed class WhitespaceSplitPreTokenizer : IPreTokenizer
{
    private static readonly PatternSplitter Splitter = new(new ClassPattern(CharacterClass.Space, single: false), SplitBehavior.Removed, invert: false);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static WhitespaceSplitPreTokenizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(Splitter);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "WhitespaceSplit");
        json.WriteEndObject();
    }
}
