using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>The split pattern of GPT-2, scanned by hand.</summary>
/// <remarks>Source: openai/gpt-2, encoder.py. Every character belongs to exactly one match.</remarks>
internal sealed class Gpt2Pattern : ICoveringPattern
{
    /// <summary>Spellings of the pattern that mean the same.</summary>
    public static readonly string[] Sources =
    [
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        @"(?:'s|'t|'re|'ve|'m|'ll|'d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ];

    /// <summary>The only instance.</summary>
    public static readonly Gpt2Pattern Instance = new();

    /// <inheritdoc/>
    public int MatchEnd(ReadOnlySpan<byte> text, int start)
    {
        byte first = text[start];
        if (first == '\'')
        {
            int contraction = Scan.Contraction(text, start, ignoreCase: false);
            if (contraction > start)
            {
                return contraction;
            }
        }

        int word = first == ' ' ? start + 1 : start;
        if (word == text.Length)
        {
            return word;
        }

        CharacterClass kind = Scan.ClassAt(text, word, out int size);
        if ((kind & CharacterClass.Letter) != 0)
        {
            return Scan.While(text, word + size, CharacterClass.Letter);
        }

        if ((kind & CharacterClass.Number) != 0)
        {
            return Scan.While(text, word + size, CharacterClass.Number);
        }

        return (kind & CharacterClass.Space) != 0 ? Scan.Spaces(text, start) : Scan.WhileOther(text, word + size);
    }
}
