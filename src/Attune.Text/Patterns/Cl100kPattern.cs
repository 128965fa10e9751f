using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>The split pattern of cl100k and Llama 3 (numbers of up to three characters) and of Qwen 2 (one), scanned by hand.</summary>
/// <remarks>Source: openai/tiktoken, openai_public.py. Every character belongs to exactly one match.</remarks>
internal sealed class Cl100kPattern(int maxNumberCharacters) : ICoveringPattern
{
    /// <summary>Spelling with numbers of up to three characters.</summary>
    public const string ThreeDigits = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Spelling with numbers of one character.</summary>
    public const string OneDigit = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public int MatchEnd(ReadOnlySpan<byte> text, int start)
    {
        CharacterClass kind = Scan.ClassAt(text, start, out int size);
        int next = start + size;
        if ((kind & CharacterClass.Letter) != 0)
        {
            return Scan.While(text, next, CharacterClass.Letter);
        }

        if ((kind & CharacterClass.Number) != 0)
        {
            return Number(text, next);
        }

        if (text[start] == '\'')
        {
            int contraction = Scan.Contraction(text, start, ignoreCase: true);
            if (contraction > start)
            {
                return contraction;
            }
        }

        if ((kind & CharacterClass.LineBreak) == 0 && next < text.Length && (Scan.ClassAt(text, next, out int letter) & CharacterClass.Letter) != 0)
        {
            return Scan.While(text, next + letter, CharacterClass.Letter);
        }

        int symbols = Scan.WhileOther(text, text[start] == ' ' ? next : start);
        if (symbols > next || (symbols == next && (kind & CharacterClass.Space) == 0))
        {
            return Scan.While(text, symbols, CharacterClass.LineBreak);
        }

        return Space(text, start);
    }

    private int Number(ReadOnlySpan<byte> text, int position)
    {
        for (int count = 1; count < maxNumberCharacters && position < text.Length; count++)
        {
            if ((Scan.ClassAt(text, position, out int size) & CharacterClass.Number) == 0)
            {
                break;
            }

            position += size;
        }

        return position;
    }

    /// <summary>White space: through the last line break of the run if it has one.</summary>
    private static int Space(ReadOnlySpan<byte> text, int start)
    {
        int lastBreak = -1;
        int end = start;
        while (end < text.Length)
        {
            CharacterClass kind = Scan.ClassAt(text, end, out int size);
            if ((kind & CharacterClass.Space) == 0)
            {
                break;
            }

            end += size;
            if ((kind & CharacterClass.LineBreak) != 0)
            {
                lastBreak = end;
            }
        }

        return lastBreak >= 0 ? lastBreak : Scan.Spaces(text, start);
    }
}
