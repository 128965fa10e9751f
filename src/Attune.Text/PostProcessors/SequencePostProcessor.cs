using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary><c>Sequence</c>: post-processors one after the other.</summary>
internal sealed class SequencePostProcessor(IPostProcessor[] parts) : IPostProcessor
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static SequencePostProcessor Read(JsonView json) => new([.. json["processors"].Items().Select(KnownPostProcessors.All.Read)]);

    /// <inheritdoc/>
    public int CountAdded(bool isPair) => parts.Sum(part => part.CountAdded(isPair));

    /// <inheritdoc/>
    public IReadOnlyList<Draft> Process(IReadOnlyList<Draft> drafts, IVocabulary vocabulary, bool addSpecialTokens) =>
        parts.Aggregate(drafts, (current, part) => part.Process(current, vocabulary, addSpecialTokens));

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("processors");
        foreach (IPostProcessor part in parts)
        {
            part.Write(json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
