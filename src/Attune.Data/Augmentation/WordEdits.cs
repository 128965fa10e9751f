namespace Attune.Data.Augmentation;

/// <summary>A word to be replaced, or to be added beside, and the number of its synonym.</summary>
/// <param name="Word">The word, as <see cref="Synonyms.KeyOf"/> gives it.</param>
/// <param name="Synonym">Number of the synonym, from 0.</param>
public readonly record struct SynonymChoice(string Word, int Synonym);

/// <summary>Changes of the words of a text with given decisions, so that whoever draws them decides alone what is random.</summary>
/// <remarks>Source: J. Wei and K. Zou, EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification Tasks (2019).</remarks>
public static class WordEdits
{
    /// <summary>The words that stay: word i if <paramref name="uniforms"/>[i] is above <paramref name="probability"/>; if none does, one; a single word always stays.</summary>
    /// <param name="words">The words.</param>
    /// <param name="uniforms">A number from 0 to 1 for each word.</param>
    /// <param name="probability">With which probability a word goes.</param>
    /// <param name="last">Number of the word that stays if no other does.</param>
    public static string[] Delete(IReadOnlyList<string> words, ReadOnlySpan<double> uniforms, double probability, int last)
    {
        if (words.Count <= 1)
        {
            return [.. words];
        }

        var kept = new List<string>();
        for (int i = 0; i < words.Count; i++)
        {
            if (uniforms[i] > probability)
            {
                kept.Add(words[i]);
            }
        }

        return kept.Count == 0 ? [words[last]] : [.. kept];
    }

    /// <summary>The words after pairs of them have changed places, one pair after the other.</summary>
    public static string[] Swap(IReadOnlyList<string> words, IEnumerable<(int First, int Second)> pairs)
    {
        string[] result = [.. words];
        foreach ((int first, int second) in pairs)
        {
            (result[first], result[second]) = (result[second], result[first]);
        }

        return result;
    }

    /// <summary>The words with every occurrence of the chosen ones replaced; punctuation around a word stays, and so does a capital at its beginning.</summary>
    public static string[] Replace(IReadOnlyList<string> words, IReadOnlyList<SynonymChoice> choices, Synonyms synonyms)
    {
        Dictionary<string, string> replacements = choices.ToDictionary(choice => choice.Word, choice => synonyms.Of(choice.Word)[choice.Synonym]);
        return [.. words.Select(word => replacements.TryGetValue(Synonyms.KeyOf(word), out string? other) ? Synonyms.PutInto(word, other) : word)];
    }

    /// <summary>The words with synonyms of some of them put in, one after the other.</summary>
    /// <param name="words">The words.</param>
    /// <param name="insertions">The synonyms, each with its place in the list as it is then.</param>
    /// <param name="synonyms">The synonyms of words.</param>
    public static string[] Insert(IReadOnlyList<string> words, IEnumerable<(SynonymChoice Choice, int Place)> insertions, Synonyms synonyms)
    {
        var result = new List<string>(words);
        foreach ((SynonymChoice choice, int place) in insertions)
        {
            result.Insert(place, synonyms.Of(choice.Word)[choice.Synonym]);
        }

        return [.. result];
    }
}
