using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>StripAccents</c>: removes combining marks (which a decomposing normaliser must have set free).</summary>
internal sealed class StripAccentsNormalizer : INormalizer
{
    /// <summary>The only instance.</summary>
    public static readonly StripAccentsNormalizer Instance = new();

    private static readonly CharacterMap Map = new(
        static codePoint => CharacterSets.Mark.Contains(codePoint) ? CharacterMap.Removed : codePoint,
        static text => text.IndexOfAnyInRange((byte)0xCC, (byte)0xFF) < 0);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static StripAccentsNormalizer Read(JsonView json) => Instance;

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => Map.LeavesUnchanged(text);

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target) => Map.Rewrite(source, start, end, target);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "StripAccents");
        json.WriteEndObject();
    }
}
