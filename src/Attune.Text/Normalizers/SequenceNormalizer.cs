using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary><c>Sequence</c>: normalisers one after the other.</summary>
internal sealed class SequenceNormalizer(INormalizer[] parts) : INormalizer
{
    private readonly StepChain _chain = new(parts);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static SequenceNormalizer Read(JsonView json) => new([.. json["normalizers"].Items().Select(KnownNormalizers.All.Read)]);

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => _chain.LeavesUnchanged(text);

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target) => _chain.Rewrite(source, start, end, target);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        foreach (INormalizer part in parts)
        {
            part.Write(json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
