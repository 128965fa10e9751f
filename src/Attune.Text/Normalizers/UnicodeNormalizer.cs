using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.Normalizers;

/// <summary><c>NFC</c>, <c>NFD</c>, <c>NFKC</c>, <c>NFKD</c>: the normal forms of Unicode (UAX #15).</summary>
internal sealed class UnicodeNormalizer : INormalizer
{
    /// <summary>The canonical composition.</summary>
    public static readonly UnicodeNormalizer Nfc = new("NFC", compose: true, compatibility: false);

    /// <summary>The canonical decomposition.</summary>
    public static readonly UnicodeNormalizer Nfd = new("NFD", compose: false, compatibility: false);

    /// <summary>The compatibility composition.</summary>
    public static readonly UnicodeNormalizer Nfkc = new("NFKC", compose: true, compatibility: true);

    /// <summary>The compatibility decomposition.</summary>
    public static readonly UnicodeNormalizer Nfkd = new("NFKD", compose: false, compatibility: true);

    private readonly string _type;
    private readonly bool _compose;
    private readonly bool _compatibility;

    private UnicodeNormalizer(string type, bool compose, bool compatibility)
    {
        _type = type;
        _compose = compose;
        _compatibility = compatibility;
    }

    /// <summary>Reads <c>NFC</c>.</summary>
    public static UnicodeNormalizer ReadNfc(JsonView json) => Nfc;

    /// <summary>Reads <c>NFD</c>.</summary>
    public static UnicodeNormalizer ReadNfd(JsonView json) => Nfd;

    /// <summary>Reads <c>NFKC</c>.</summary>
    public static UnicodeNormalizer ReadNfkc(JsonView json) => Nfkc;

    /// <summary>Reads <c>NFKD</c>.</summary>
    public static UnicodeNormalizer ReadNfkd(JsonView json) => Nfkd;

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text)
    {
        // The first character that any form changes is U+00A0, and the first that composes with one before it is U+0300 (bytes CC 80).
        byte limit = _compose && !_compatibility ? (byte)0xCC : (byte)0x80;
        return text.IndexOfAnyInRange(limit, (byte)0xFF) < 0;
    }

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        WriteParts(Normalize(source.Bytes[start..end]), source, start, target);
    }

    /// <summary>The code points of a text in this form.</summary>
    public IEnumerable<int> CodePoints(ReadOnlySpan<byte> text) => Normalize(text).Select(part => part.CodePoint);

    private List<Part> Normalize(ReadOnlySpan<byte> text)
    {
        var parts = new List<Part>();
        var decomposed = new List<int>();
        for (int i = 0; i < text.Length;)
        {
            decomposed.Clear();
            NormalizationData.Decompose(Utf8.Decode(text, i, out int size), _compatibility, decomposed);
            for (int j = 0; j < decomposed.Count; j++)
            {
                parts.Add(new Part(decomposed[j], NormalizationData.CombiningClass(decomposed[j]), j == 0 ? 1 : 0));
            }

            i += size;
        }

        Reorder(parts);
        if (_compose)
        {
            Compose(parts);
        }

        return parts;
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", _type);
        json.WriteEndObject();
    }

    /// <summary>Sorts every run of non-starters by combining class, equal ones in their order.</summary>
    private static void Reorder(List<Part> parts)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            if (parts[i].CombiningClass == 0)
            {
                continue;
            }

            int end = i + 1;
            while (end < parts.Count && parts[end].CombiningClass != 0)
            {
                end++;
            }

            if (end - i > 1)
            {
                Part[] sorted = [.. parts[i..end].OrderBy(part => part.CombiningClass)];
                for (int j = 0; j < sorted.Length; j++)
                {
                    parts[i + j] = sorted[j];
                }
            }

            i = end;
        }
    }

    private static void Compose(List<Part> parts)
    {
        int starter = -1;
        int lastClass = 0;
        int count = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            Part part = parts[i];

            // A character is blocked from the starter by one of the same or a higher class between them.
            bool adjacent = starter == count - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < part.CombiningClass)))
            {
                int composed = NormalizationData.Compose(parts[starter].CodePoint, part.CodePoint);
                if (composed >= 0)
                {
                    parts[starter] = parts[starter] with { CodePoint = composed, Consumed = parts[starter].Consumed + part.Consumed };
                    continue;
                }
            }

            if (part.CombiningClass == 0)
            {
                starter = count;
            }

            lastClass = part.CombiningClass;
            parts[count++] = part;
        }

        parts.RemoveRange(count, parts.Count - count);
    }

    /// <summary>Writes the result; a part takes the range of the first character it consumes, or of the last one consumed before it.</summary>
    private static void WriteParts(List<Part> parts, AlignedText source, int start, AlignedText target)
    {
        int position = start;
        int last = start;
        foreach (Part part in parts)
        {
            int range = part.Consumed > 0 ? position : last;
            for (int i = 0; i < part.Consumed; i++)
            {
                last = position;
                Utf8.Decode(source.Bytes, position, out int size);
                position += size;
            }

            target.Append(part.CodePoint, source, range);
        }
    }

    /// <param name="CodePoint">The character.</param>
    /// <param name="CombiningClass">Its canonical combining class.</param>
    /// <param name="Consumed">Number of source characters that it stands for.</param>
    private readonly record struct Part(int CodePoint, int CombiningClass, int Consumed);
}
