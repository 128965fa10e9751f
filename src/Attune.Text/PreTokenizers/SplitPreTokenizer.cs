using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary><c>Split</c>: cuts at the matches of a string or a regular expression.</summary>
internal sealed class SplitPreTokenizer(PatternSource source, ISplitPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    private readonly PatternSplitter _splitter = new(pattern, behavior, invert);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static SplitPreTokenizer Read(JsonView json)
    {
        (PatternSource source, ISplitPattern pattern) = KnownPatterns.Read(json["pattern"]);
        return new SplitPreTokenizer(source, pattern, PatternSplitter.ReadBehavior(json["behavior"]), json.OptionalBoolean("invert"));
    }

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(_splitter);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Split");
        source.Write(json);
        json.WriteString("behavior", behavior.ToString());
        json.WriteBoolean("invert", invert);
        json.WriteEndObject();
    }
}
