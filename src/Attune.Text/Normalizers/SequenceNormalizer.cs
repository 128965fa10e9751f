using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary><c>Sequence</c>: normalisers one after the other.</summary>
internal sealed class SequenceNormalizer(INormalizer[] parts) : INormalizer
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static SequenceNormalizer Read(JsonView json) => new([.. json["normalizers"].Items().Select(KnownNormalizers.All.Read)]);

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text)
    {
        foreach (INormalizer part in parts)
        {
            if (!part.LeavesUnchanged(text))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        var current = new AlignedText();
        var next = new AlignedText();
        current.Append(source, start, end);
        foreach (INormalizer part in parts)
        {
            next.Clear();
            part.Rewrite(current, 0, current.Length, next);
            (current, next) = (next, current);
        }

        target.Append(current, 0, current.Length);
    }

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
