using System.Collections.Frozen;

namespace Attune.Retrieval.Chunking;

/// <summary>English words behind which a full stop ends no sentence, or not always, and words that begin sentences.</summary>
internal static class Abbreviations
{
    /// <summary>Titles and the like: a name follows, never a new sentence.</summary>
    private static readonly FrozenSet<string> BeforeNames = Set(
        "mr mrs ms mx messrs mme mlle dr prof rev hon pres gov sen rep amb gen maj col lt cpt capt cmdr cdr adm sgt cpl pvt pfc det insp supt vs cf viz eg ie e.g i.e");

    /// <summary>A number follows; behind one of these without a number the sentence may end.</summary>
    private static readonly FrozenSet<string> BeforeNumbers = Set(
        "no nos nr fig figs vol vols p pp ch chap sec sect art eq eqs ex tab ver v op ed para app jan feb mar apr jun jul aug sep sept oct nov dec ca c approx");

    /// <summary>A sentence may end with these, and more often does not.</summary>
    private static readonly FrozenSet<string> Common = Set(
        "inc ltd co corp llc plc bros dept univ assn est al jr sr esq st ste ave blvd rd mt ft tel hrs mins secs");

    /// <summary>Words with which a sentence begins more often than a name.</summary>
    private static readonly FrozenSet<string> Starters = Set(
        "a an the this that these those i you he she it we they there here my your his her its our their who what when where why how which and but or so yet then thus hence if as at in on by for from to with"
        + " of after before since while during until once although because though however moreover furthermore meanwhile nevertheless therefore also not no nobody nothing none all some many most each every"
        + " few several one another both either neither was were is are did do does has have had can could will would should may might must please today tomorrow yesterday now later");

    /// <summary>Whether a full stop behind a word is only that of the word.</summary>
    /// <param name="word">The word before the full stop, without it.</param>
    /// <param name="next">The word that follows it.</param>
    /// <param name="isNextAbbreviated">Whether that one has a full stop, too.</param>
    public static bool Continues(string word, string next, bool isNextAbbreviated)
    {
#pragma warning disable CA1308 // the lists are written in lower case
        string key = word.ToLowerInvariant();
        bool isStarter = Starters.Contains(next.ToLowerInvariant()) && !(next.Length == 1 && isNextAbbreviated);
#pragma warning restore CA1308
        return BeforeNames.Contains(key)
            || (BeforeNumbers.Contains(key) && next.Length > 0 && char.IsDigit(next[0]))
            || ((Common.Contains(key) || IsInitials(word)) && !isStarter);
    }

    /// <summary>A capital letter alone, or letters with full stops between them: A, U.S, p.m.</summary>
    private static bool IsInitials(string word) => word.Split('.').All(part => part.Length == 1 && char.IsLetter(part[0])) && (word.Length > 1 || char.IsUpper(word[0]));

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
