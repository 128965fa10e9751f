using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>Strip</c>: takes white space away at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static StripNormalizer Read(JsonView json) => new(json["strip_left"].AsBoolean(), json["strip_right"].AsBoolean());

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) =>
        text.IsEmpty || (!(left && MayBeSpace(text[0])) && !(right && MayBeSpace(text[^1])));

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        while (left && start < end && CharacterClasses.IsSpace(Utf8.Decode(source.Bytes, start, out int size)))
        {
            start += size;
        }

        while (right && end > start && CharacterClasses.IsSpace(Utf8.DecodeBefore(source.Bytes, end, out int size)))
        {
            end -= size;
        }

        target.Append(source, start, end);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Strip");
        json.WriteBoolean("strip_left", left);
        json.WriteBoolean("strip_right", right);
        json.WriteEndObject();
    }

    private static bool MayBeSpace(byte value) => value is <= (byte)' ' or >= 0x80;
}
