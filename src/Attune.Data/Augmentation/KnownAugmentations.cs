namespace Attune.Data.Augmentation;

/// <summary>The operations that Attune augments texts with.</summary>
public static class KnownAugmentations
{
    private static readonly AugmentationOperation[] Operations =
    [
        new("synonym_replacement", true, ReplaceSynonyms),
        new("random_insertion", true, Insert),
        new("random_swap", false, Swap),
        new("random_deletion", false, Delete),
        new("typos", false, Mistype),
    ];

    /// <summary>The keys of all operations.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Operations.Select(operation => operation.Key)];

    /// <summary>The operation of a key.</summary>
    /// <exception cref="DataException">There is none.</exception>
    internal static AugmentationOperation Of(string key) => Operations.FirstOrDefault(operation => operation.Key == key)
        ?? throw new DataException($"operation '{key}' is not known; there are {string.Join(", ", All)}.");

    private static string ReplaceSynonyms(string text, double strength, Synonyms? synonyms, ref SplitMix64 random)
    {
        string[] words = Words(text);
        SynonymChoice[] choices = Draw(words, Count(words.Length, strength), synonyms!, ref random);
        return choices.Length == 0 ? text : Join(WordEdits.Replace(words, choices, synonyms!));
    }

    private static string Insert(string text, double strength, Synonyms? synonyms, ref SplitMix64 random)
    {
        string[] words = Words(text);
        SynonymChoice[] choices = Draw(words, Count(words.Length, strength), synonyms!, ref random);
        var insertions = new (SynonymChoice, int)[choices.Length];
        for (int i = 0; i < choices.Length; i++)
        {
            insertions[i] = (choices[i], random.Below(words.Length + i + 1));
        }

        return choices.Length == 0 ? text : Join(WordEdits.Insert(words, insertions, synonyms!));
    }

    private static string Swap(string text, double strength, Synonyms? synonyms, ref SplitMix64 random)
    {
        string[] words = Words(text);
        if (words.Length < 2)
        {
            return text;
        }

        var pairs = new (int, int)[Count(words.Length, strength)];
        for (int i = 0; i < pairs.Length; i++)
        {
            int first = random.Below(words.Length);
            int second = random.Below(words.Length - 1);
            pairs[i] = (first, second < first ? second : second + 1);
        }

        return Join(WordEdits.Swap(words, pairs));
    }

    private static string Delete(string text, double strength, Synonyms? synonyms, ref SplitMix64 random)
    {
        string[] words = Words(text);
        double[] uniforms = new double[words.Length];
        for (int i = 0; i < uniforms.Length; i++)
        {
            uniforms[i] = random.Uniform();
        }

        return words.Length < 2 ? text : Join(WordEdits.Delete(words, uniforms, strength, random.Below(words.Length)));
    }

    private static string Mistype(string text, double strength, Synonyms? synonyms, ref SplitMix64 random)
    {
        int length = Tasks.CodePoints.Count(text);
        if (length < 2)
        {
            return text;
        }

        // A typo in every so many words, as strength has it for words; in different places, so that none undoes another.
        var places = new SortedSet<int>();
        for (int i = Count(Words(text).Length, strength); i > 0; i--)
        {
            places.Add(random.Below(length - 1));
        }

        var typos = new List<Typo>();
        foreach (int place in places.Reverse())
        {
            typos.Add(new Typo((TypoKind)random.Below(4), place, random.Below(1 << 16)));
        }

        return TypoEdits.Apply(text, typos, TypoEdits.Qwerty);
    }

    /// <summary>Different words of a text that have synonyms, each with one of them.</summary>
    private static SynonymChoice[] Draw(string[] words, int count, Synonyms synonyms, ref SplitMix64 random)
    {
        string[] known = [.. words.Select(Synonyms.KeyOf).Distinct().Where(word => synonyms.Of(word).Count > 0)];
        var choices = new SynonymChoice[Math.Min(count, known.Length)];
        for (int i = 0; i < choices.Length; i++)
        {
            int at = i + random.Below(known.Length - i);
            (known[i], known[at]) = (known[at], known[i]);
            choices[i] = new SynonymChoice(known[i], random.Below(synonyms.Of(known[i]).Count));
        }

        return choices;
    }

    /// <summary>Words to change: a share of them, at least one, as in the paper.</summary>
    private static int Count(int words, double strength) => Math.Max(1, (int)(strength * words));

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string Join(string[] words) => string.Join(' ', words);
}
