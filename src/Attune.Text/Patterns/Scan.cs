using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>Steps that the hand-written split patterns share.</summary>
internal static class Scan
{
    private const CharacterClass LetterNumberOrSpace = CharacterClass.Letter | CharacterClass.Number | CharacterClass.Space;

    /// <summary>The classes of the character at a position, and its size.</summary>
    public static CharacterClass ClassAt(ReadOnlySpan<byte> text, int position, out int size)
    {
        byte first = text[position];
        if (first < 0x80)
        {
            size = 1;
            return CharacterClasses.OfAscii(first);
        }

        return CharacterClasses.Of(Utf8.Decode(text, position, out size));
    }

    /// <summary>The end of a run of characters that have one of the classes.</summary>
    public static int While(ReadOnlySpan<byte> text, int position, CharacterClass classes)
    {
        while (position < text.Length && (ClassAt(text, position, out int size) & classes) != 0)
        {
            position += size;
        }

        return position;
    }

    /// <summary>The end of a run of characters that are neither letter, number nor white space.</summary>
    public static int WhileOther(ReadOnlySpan<byte> text, int position)
    {
        while (position < text.Length && (ClassAt(text, position, out int size) & LetterNumberOrSpace) == 0)
        {
            position += size;
        }

        return position;
    }

    /// <summary>The end of <c>\s+(?!\S)|\s+</c> at white space: all of the run at the end of the text, else all but its last character, at least one.</summary>
    public static int Spaces(ReadOnlySpan<byte> text, int position)
    {
        int last = position;
        int end = position;
        while (end < text.Length && (ClassAt(text, end, out int size) & CharacterClass.Space) != 0)
        {
            last = end;
            end += size;
        }

        return end == text.Length || last == position ? end : last;
    }

    /// <summary>The end of a contraction ('s, 't, 'm, 'd, 're, 've, 'll) at an apostrophe; the position itself when there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="position">Where the apostrophe stands.</param>
    /// <param name="ignoreCase">Whether case is ignored; then U+017F, which folds to s, counts as one.</param>
    public static int Contraction(ReadOnlySpan<byte> text, int position, bool ignoreCase)
    {
        ReadOnlySpan<byte> rest = text[(position + 1)..];
        if (rest.IsEmpty)
        {
            return position;
        }

        int fold = ignoreCase ? 0x20 : 0;
        int first = rest[0] | fold;
        if (first is 's' or 't' or 'm' or 'd')
        {
            return position + 2;
        }

        if (rest.Length > 1)
        {
            int second = rest[1] | fold;
            if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l'))
            {
                return position + 3;
            }

            if (ignoreCase && rest[0] == 0xC5 && rest[1] == 0xBF)
            {
                return position + 3;
            }
        }

        return position;
    }
}
