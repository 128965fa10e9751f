using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>ByteLevel</c>: spells bytes in the byte-level alphabet.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ByteLevelNormalizer Read(JsonView json) => new();

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'!', (byte)'~');

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        for (int i = start; i < end; i++)
        {
            target.Append(ByteAlphabet.ToCharacter(source.Bytes[i]), source, i);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteEndObject();
    }
}
