using System.Runtime.InteropServices;
using Attune.Text.Pipeline;

namespace Attune.Text.Training;

/// <summary>How often each piece occurs in the training texts after normaliser and pre-tokenizer; the pieces in order of their characters, so that training does not depend on their order in the texts.</summary>
internal sealed class WordCounts
{
    private WordCounts(string[] words, long[] counts)
    {
        Words = words;
        Counts = counts;
    }

    /// <summary>The different pieces.</summary>
    public string[] Words { get; }

    /// <summary>How often each occurs.</summary>
    public long[] Counts { get; }

    /// <summary>Counts the pieces of texts.</summary>
    public static WordCounts Of(IEnumerable<string> texts, TokenizerParts layout, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> byText = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var text = new PipelineText();
        char[] characters = new char[256];
        foreach (string line in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            text.Start(line);
            if (layout.Normalizer is { } normalizer && line.Length > 0)
            {
                text.Rewrite(normalizer);
            }

            layout.PreTokenizer?.PreTokenize(text);
            text.WriteOutByteLevel();
            foreach (Piece piece in text.Pieces)
            {
                ReadOnlySpan<byte> bytes = text.Bytes[piece.Start..piece.End];
                characters = characters.Length < bytes.Length ? new char[2 * bytes.Length] : characters;
                int length = System.Text.Encoding.UTF8.GetChars(bytes, characters);
                CollectionsMarshal.GetValueRefOrAddDefault(byText, characters.AsSpan(0, length), out _)++;
            }
        }

        string[] words = [.. counts.Keys];
        Array.Sort(words, CodePointOrder.Compare);
        return new WordCounts(words, Array.ConvertAll(words, word => counts[word]));
    }

    /// <summary>How often each character occurs.</summary>
    public Dictionary<int, long> CountCharacters()
    {
        var counts = new Dictionary<int, long>();
        for (int i = 0; i < Words.Length; i++)
        {
            foreach (System.Text.Rune rune in Words[i].EnumerateRunes())
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, rune.Value, out _) += Counts[i];
            }
        }

        return counts;
    }
}

/// <summary>The order of texts by code points, which differs from that of UTF-16 beyond the Basic Multilingual Plane.</summary>
internal static class CodePointOrder
{
    /// <summary>Compares two texts.</summary>
    public static int Compare(string left, string right)
    {
        int length = Math.Min(left.Length, right.Length);
        for (int i = 0; i < length; i++)
        {
            if (left[i] != right[i])
            {
                bool leftIsHalf = char.IsSurrogate(left[i]);
                return leftIsHalf == char.IsSurrogate(right[i]) ? left[i].CompareTo(right[i]) : leftIsHalf ? 1 : -1;
            }
        }

        return left.Length.CompareTo(right.Length);
    }
}
