using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary><c>Nmt</c>: removes control characters and turns unusual white space into blanks.</summary>
internal sealed class NmtNormalizer : INormalizer
{
    private static readonly CharacterMap Map = new(
        static codePoint => codePoint switch
        {
            (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => CharacterMap.Removed,
            0x9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
            _ => codePoint,
        },
        static text => text.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0 && text.IndexOfAnyInRange((byte)0x1, (byte)0x1F) < 0 && !text.Contains((byte)0x7F));

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static NmtNormalizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => Map.LeavesUnchanged(text);

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target) => Map.Rewrite(source, start, end, target);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Nmt");
        json.WriteEndObject();
    }
}
