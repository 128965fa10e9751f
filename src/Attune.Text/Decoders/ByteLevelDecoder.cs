using System.Buffers;
using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Unicode;

namespace Attune.Text.Decoders;

/// <summary><c>ByteLevel</c>: reads tokens in the byte-level alphabet as bytes; bytes that are not UTF-8 become U+FFFD.</summary>
/// <param name="AddPrefixSpace">Only kept for writing.</param>
/// <param name="TrimOffsets">Only kept for writing.</param>
/// <param name="UseRegex">Only kept for writing.</param>
internal sealed record ByteLevelDecoder(bool AddPrefixSpace, bool TrimOffsets, bool UseRegex) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ByteLevelDecoder Read(JsonView json) => new(
        json.OptionalBoolean("add_prefix_space", absent: true),
        json.OptionalBoolean("trim_offsets", absent: true),
        json.OptionalBoolean("use_regex", absent: true));

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (string token in tokens)
        {
            Append(System.Text.Encoding.UTF8.GetBytes(token), bytes);
        }

        tokens.Clear();
        tokens.Add(System.Text.Encoding.UTF8.GetString(bytes.WrittenSpan));
    }

    /// <summary>Appends the bytes of a token in UTF-8; with this a whole text is decoded without a string per token.</summary>
    public static void Append(ReadOnlySpan<byte> token, ArrayBufferWriter<byte> bytes)
    {
        if (!token.IsEmpty)
        {
            bytes.Advance(ByteAlphabet.Unmap(token, bytes.GetSpan(token.Length)));
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", AddPrefixSpace);
        json.WriteBoolean("trim_offsets", TrimOffsets);
        json.WriteBoolean("use_regex", UseRegex);
        json.WriteEndObject();
    }
}
