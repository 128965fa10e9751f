using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>Digits</c>: cuts out numbers (category N), one by one or in runs.</summary>
internal sealed class DigitsPreTokenizer(bool individualDigits) : IPreTokenizer
{
    private readonly PatternSplitter _splitter = new(
        new ClassPattern(CharacterClass.Number, individualDigits),
        individualDigits ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
        invert: false);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static DigitsPreTokenizer Read(JsonView json) => new(json.OptionalBoolean("individual_digits"));

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(_splitter);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Digits");
        json.WriteBoolean("individual_digits", individualDigits);
        json.WriteEndObject();
    }
}
