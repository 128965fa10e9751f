using System.Text;

namespace Attune.Data.Augmentation;

/// <summary>Ways to mistype a character.</summary>
public enum TypoKind
{
    /// <summary>It changes places with the next.</summary>
    Swap,

    /// <summary>It is left out.</summary>
    Drop,

    /// <summary>It stands twice.</summary>
    Double,

    /// <summary>A key beside it is hit instead.</summary>
    Neighbour,
}

/// <summary>A mistyped character.</summary>
/// <param name="Kind">What happens to it.</param>
/// <param name="Place">Where it stands, in code points; with <see cref="TypoKind.Swap"/> not the last.</param>
/// <param name="Choice">With <see cref="TypoKind.Neighbour"/>, which of the neighbours, counted from 0 and around.</param>
public readonly record struct Typo(TypoKind Kind, int Place, int Choice = 0);

/// <summary>Mistypes texts with given decisions.</summary>
public static class TypoEdits
{
    /// <summary>Neighbours of the letters on a QWERTY keyboard.</summary>
    public static IReadOnlyDictionary<char, string> Qwerty { get; } =
        "qwa wqeas ewrsd retdf tryfg ytugh uyihj iuojk oipkl pol aqwsz swedaxz derfscx frtgdvc gtyhfbv hyujgnb juikhmn kiojlm lopk zasx xsdzc cdfxv vfgcb bghvn nhjbm mjkn"
            .Split(' ').ToDictionary(keys => keys[0], keys => keys[1..]);

    /// <summary>The text with its characters mistyped, from the highest place down; a character without neighbours stays.</summary>
    /// <param name="text">The text.</param>
    /// <param name="typos">What is mistyped, the highest place first.</param>
    /// <param name="neighbours">Neighbours of lower-case letters on the keyboard; capitals have capitals.</param>
    public static string Apply(string text, IEnumerable<Typo> typos, IReadOnlyDictionary<char, string> neighbours)
    {
        List<Rune> runes = [.. text.EnumerateRunes()];
        foreach (Typo typo in typos)
        {
            int at = typo.Place;
            switch (typo.Kind)
            {
                case TypoKind.Swap:
                    (runes[at], runes[at + 1]) = (runes[at + 1], runes[at]);
                    break;
                case TypoKind.Drop:
                    runes.RemoveAt(at);
                    break;
                case TypoKind.Double:
                    runes.Insert(at, runes[at]);
                    break;
                case TypoKind.Neighbour:
                    runes[at] = Neighbour(runes[at], typo.Choice, neighbours);
                    break;
            }
        }

        var result = new StringBuilder(text.Length + 4);
        foreach (Rune rune in runes)
        {
            result.Append(rune);
        }

        return result.ToString();
    }

    private static Rune Neighbour(Rune rune, int choice, IReadOnlyDictionary<char, string> neighbours)
    {
        Rune lower = Rune.ToLowerInvariant(rune);
        if (!lower.IsBmp || !neighbours.TryGetValue((char)lower.Value, out string? keys) || keys.Length == 0)
        {
            return rune;
        }

        char key = keys[choice % keys.Length];
        return new Rune(lower == rune ? key : char.ToUpperInvariant(key));
    }
}
