using System.Globalization;
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

    /// <summary>Makes the normaliser of a compiled map.</summary>
    /// <exception cref="TextException">The map is damaged.</exception>
    public static PrecompiledNormalizer Of(byte[] map, string place) => new(Convert.ToBase64String(map), new CharacterMapTrie(map, place));

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
        var aligner = new Aligner(source, start, target);
        int position = start;
        for (int i = 0; i < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text.AsSpan(i));
            int size = System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(i, length));
            if (size > MaxGraphemeBytes || !TryReplace(source.Bytes.Slice(position, size), ref aligner))
            {
                for (int at = position; at < position + size;)
                {
                    Utf8.Decode(source.Bytes, at, out int character);
                    ReadOnlySpan<byte> alone = source.Bytes.Slice(at, character);
                    if (!TryReplace(alone, ref aligner))
                    {
                        aligner.Replace(alone, alone);
                    }

                    at += character;
                }
            }

            position += size;
            i += length;
        }

        aligner.Flush();
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Precompiled");
        json.WriteString("precompiled_charsmap", charsmap);
        json.WriteEndObject();
    }

    private bool TryReplace(ReadOnlySpan<byte> old, ref Aligner aligner)
    {
        if (trie.Match(old, longest: false, out ReadOnlySpan<byte> replacement) == 0)
        {
            return false;
        }

        aligner.Replace(old, replacement);
        return true;
    }

    /// <summary>Gives new characters the ranges of old ones.</summary>
    /// <remarks>
    /// New characters take the old ones in order, those in excess the range of the last. As in the reference, what vanishes is put down to
    /// the character written last: one in excess takes its range, others pass over it, and before the first it is not passed over at all.
    /// </remarks>
    private struct Aligner(AlignedText source, int start, AlignedText target)
    {
        private const int Nothing = -1;

        private int _next = start;
        private int _last = start;
        private int _pending = Nothing;
        private int _change;

        public void Replace(ReadOnlySpan<byte> old, ReadOnlySpan<byte> replacement)
        {
            int left = Count(old);
            for (int i = 0; i < replacement.Length; left--)
            {
                Flush();
                _pending = Utf8.Decode(replacement, i, out int size);
                _change = left > 0 ? 0 : 1;
                i += size;
            }

            _change -= Math.Max(left, 0);
        }

        public void Flush()
        {
            if (_pending == Nothing)
            {
                _change = 0;
                return;
            }

            if (_change <= 0)
            {
                Pass();
            }

            target.Append(_pending, source, _last);
            for (; _change < 0; _change++)
            {
                Pass();
            }

            _pending = Nothing;
        }

        private static int Count(ReadOnlySpan<byte> text)
        {
            int count = 0;
            foreach (byte value in text)
            {
                count += Utf8.IsContinuation(value) ? 0 : 1;
            }

            return count;
        }

        private void Pass()
        {
            _last = _next;
            Utf8.Decode(source.Bytes, _next, out int size);
            _next += size;
        }
    }
}
