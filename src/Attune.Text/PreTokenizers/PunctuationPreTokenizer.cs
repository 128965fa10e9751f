using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.PreTokenizers;

/// <summary><c>Punctuation</c>: cuts at punctuation characters.</summary>
internal sealed class PunctuationPreTokenizer(SplitBehavior behavior) : IPreTokenizer
{
    private readonly PatternSplitter _splitter = new(PunctuationPattern.Instance, behavior, invert: false);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static PunctuationPreTokenizer Read(JsonView json) =>
        new(json["behavior"] is { IsAbsent: false } behavior ? PatternSplitter.ReadBehavior(behavior) : SplitBehavior.Isolated);

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text) => text.Refine(_splitter);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Punctuation");
        json.WriteString("behavior", behavior.ToString());
        json.WriteEndObject();
    }

    private sealed class PunctuationPattern : ISplitPattern
    {
        public static readonly PunctuationPattern Instance = new();

        public void FindAll(ReadOnlySpan<byte> text, List<(int Start, int End)> matches)
        {
            for (int i = 0; i < text.Length;)
            {
                if (CharacterSets.Punctuation.Contains(Utf8.Decode(text, i, out int size)))
                {
                    matches.Add((i, i + size));
                }

                i += size;
            }
        }
    }
}
