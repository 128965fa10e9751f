using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>Precompiled</c>: the character map of a SentencePiece model, applied as Hugging Face does.</summary>
/// <remarks>A grapheme of less than six bytes is looked up as a whole, others character by character; of several rules the shortest counts.</remarks>
internal sealed class PrecompiledNormalizer(string charsmap, CharacterMapTrie trie) : INormalizer
{
    private const int MaxGraphemeBytes = 5;

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static INormalizer Read(JsonView json)
    {
        JsonView map = json["precompiled_charsmap"];
        string text = map.AsString();
        try
        {
            return new PrecompiledNormalizer(text, new CharacterMapTrie(Convert.FromBase64String(text), map.Place));
        }
        catch (FormatException error)
        {
            throw new TextException($"{map.Place}: expected base64: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => text.IsEmpty;

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        string text = System.Text.Encoding.UTF8.GetString(source.Bytes[start..end]);
        int position = start;
        for (int i = 0; i < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.AsSpan(i));
            int size = System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(i, length));
            if (size > MaxGraphemeBytes || !TryReplace(source, position, size, target))
            {
                for (int at = position; at < position + size;)
                {
                    Utf8.Decode(source.Bytes, at, out int character);
                    if (!TryReplace(source, at, character, target))
                    {
                        target.Append(source, at, at + character);
                    }

                    at += character;
                }
            }

            position += size;
            i += length;
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Precompiled");
        json.WriteString("precompiled_charsmap", charsmap);
        json.WriteEndObject();
    }

    private bool TryReplace(AlignedText source, int position, int size, AlignedText target)
    {
        if (trie.Match(source.Bytes.Slice(position, size), longest: false, out ReadOnlySpan<byte> replacement) == 0)
        {
            return false;
        }

        // New characters take the ranges of the old ones in order, those in excess the range of the last.
        int at = position;
        int last = position;
        foreach (Rune rune in System.Text.Encoding.UTF8.GetString(replacement).EnumerateRunes())
        {
            if (at < position + size)
            {
                last = at;
                Utf8.Decode(source.Bytes, at, out int character);
                at += character;
            }

            target.Append(rune.Value, source, last);
        }

        return true;
    }
}
