using System.Globalization;

namespace Attune.Text.Unicode;

/// <summary>The properties of a code point that the split patterns of tokenizers ask for.</summary>
[Flags]
internal enum CharacterClass : byte
{
    None = 0,

    /// <summary>General category L*.</summary>
    Letter = 1,

    /// <summary>General category N*.</summary>
    Number = 2,

    /// <summary>Property White_Space (U+0085 is in, U+200B is not).</summary>
    Space = 4,

    /// <summary>Carriage return or line feed.</summary>
    LineBreak = 8,

    /// <summary>General category P*.</summary>
    Punctuation = 16,

    /// <summary>General category M*.</summary>
    Mark = 32,

    /// <summary>Part of a word: letters, marks, decimal digits, letter numbers, connector punctuation, the joiners, other alphabetic characters.</summary>
    Word = 64,
}

/// <summary>Classes of all code points; the Basic Multilingual Plane from a table.</summary>
internal static class CharacterClasses
{
    private static readonly byte[] Table = BuildTable();

    /// <summary>The classes of a code point.</summary>
    public static CharacterClass Of(int codePoint)
    {
        byte[] table = Table;
        return (uint)codePoint < (uint)table.Length ? (CharacterClass)table[codePoint] : Compute(codePoint);
    }

    /// <summary>The classes of an ASCII byte.</summary>
    public static CharacterClass OfAscii(byte value) => (CharacterClass)Table[value];

    /// <summary>Whether a code point has the property White_Space.</summary>
    public static bool IsSpace(int codePoint) => (Of(codePoint) & CharacterClass.Space) != 0;

    private static byte[] BuildTable()
    {
        byte[] table = new byte[0x10000];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (byte)Compute(i);
        }

        return table;
    }

    private static CharacterClass Compute(int codePoint)
    {
        CharacterClass result = CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter | CharacterClass.Word,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber => CharacterClass.Number | CharacterClass.Word,
            UnicodeCategory.OtherNumber => CharacterClass.Number,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterClass.Mark | CharacterClass.Word,
            UnicodeCategory.ConnectorPunctuation => CharacterClass.Punctuation | CharacterClass.Word,
            UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
                or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
                or UnicodeCategory.OtherPunctuation => CharacterClass.Punctuation,
            _ => CharacterClass.None,
        };
        if (codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint))
        {
            result |= CharacterClass.Space;
        }

        if (codePoint is '\r' or '\n')
        {
            result |= CharacterClass.LineBreak;
        }

        // Word (UTS #18): besides the categories above, Join_Control and the symbols that are Other_Alphabetic.
        if (codePoint is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189))
        {
            result |= CharacterClass.Word;
        }

        return result;
    }
}
