using System.Buffers.Binary;

namespace Attune.Text.Unicode;

/// <summary>The compiled character map of SentencePiece: a double array of rules (darts-clone) and the texts that they give.</summary>
/// <remarks>Layout: size of the array in bytes (4, little endian), the array, texts that end in a zero byte. Source: sentencepiece, normalizer.cc.</remarks>
internal sealed class CharacterMapTrie
{
    private readonly uint[] _units;
    private readonly byte[] _texts;

    /// <summary>Reads a map.</summary>
    /// <param name="blob">The map.</param>
    /// <param name="place">Where it stands, for errors.</param>
    /// <exception cref="TextException">The sizes do not fit together.</exception>
    public CharacterMapTrie(ReadOnlySpan<byte> blob, string place)
    {
        if (blob.Length < 8)
        {
            throw new TextException($"{place}: expected a character map of at least 8 bytes, found {blob.Length}");
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size > blob.Length - 4 || size % 4 != 0 || size == 0)
        {
            throw new TextException($"{place}: the character map says that its array has {size} bytes; expected a multiple of 4 and at most {blob.Length - 4}");
        }

        _units = new uint[size / 4];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * i))..]);
        }

        _texts = blob[(4 + (int)size)..].ToArray();
    }

    /// <summary>The text of the rule that matches the start of a text: the longest one, or the shortest.</summary>
    /// <returns>Number of bytes that the rule takes; 0 when none matches.</returns>
    public int Match(ReadOnlySpan<byte> text, bool longest, out ReadOnlySpan<byte> replacement)
    {
        int length = 0;
        int value = -1;
        uint node = OffsetOf(_units[0]);
        for (int i = 0; i < text.Length && text[i] != 0; i++)
        {
            node ^= text[i];
            if (node >= (uint)_units.Length || LabelOf(_units[node]) != text[i])
            {
                break;
            }

            uint unit = _units[node];
            node ^= OffsetOf(unit);
            if (((unit >> 8) & 1) != 0 && node < (uint)_units.Length)
            {
                length = i + 1;
                value = (int)(_units[node] & 0x7FFF_FFFF);
                if (!longest)
                {
                    break;
                }
            }
        }

        replacement = length > 0 ? TextAt(value) : default;
        return length;
    }

    private static uint OffsetOf(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);

    private static uint LabelOf(uint unit) => unit & ((1u << 31) | 0xFF);

    private ReadOnlySpan<byte> TextAt(int position)
    {
        if (position >= _texts.Length)
        {
            return default;
        }

        ReadOnlySpan<byte> rest = _texts.AsSpan(position);
        int end = rest.IndexOf((byte)0);
        rest = end < 0 ? rest : rest[..end];

        // A damaged map may point into the middle of a character; what is no text is left out.
        return System.Text.Unicode.Utf8.IsValid(rest) ? rest : default;
    }
}
