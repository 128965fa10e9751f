using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary><c>Prepend</c>: puts a string before text that is not empty; it shares the range of the first character.</summary>
internal sealed class PrependNormalizer(string prepend) : INormalizer
{
    private readonly byte[] _prepend = System.Text.Encoding.UTF8.GetBytes(prepend);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static PrependNormalizer Read(JsonView json) => new(json["prepend"].AsString());

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => text.IsEmpty || _prepend.Length == 0;

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        if (start < end)
        {
            target.Append(_prepend, source, start);
            target.Append(source, start, end);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Prepend");
        json.WriteString("prepend", prepend);
        json.WriteEndObject();
    }
}
