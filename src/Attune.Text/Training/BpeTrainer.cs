using System.Runtime.InteropServices;

namespace Attune.Text.Training;

/// <summary>What a run of the BPE trainer is told.</summary>
internal sealed record BpeTrainerSettings(int VocabularySize, int MinFrequency, int? MaxTokenLength, string Prefix, string Suffix);

/// <summary>Trains merges: the pair with the highest count, the smallest ids of equal ones; merging goes from the left.</summary>
/// <remarks>
/// The queue may hold counts that have fallen since; such an entry is put back with its count of now. Counts that rise are queued at once,
/// so the first entry that is still true is the best pair.
/// </remarks>
internal sealed class BpeTrainer(WordCounts words, BpeTrainerSettings settings)
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<int> _lengths = [];
    private readonly int[][] _symbols = new int[words.Words.Length][];
    private readonly Dictionary<long, long> _counts = [];
    private readonly Dictionary<long, List<int>> _places = [];
    private readonly HashSet<long> _done = [];
    private readonly PriorityQueue<long, (long Count, long Pair)> _queue = new();

    /// <summary>The tokens by id.</summary>
    public List<string> Tokens { get; } = [];

    /// <summary>The merges in order.</summary>
    public List<(string Left, string Right)> Merges { get; } = [];

    /// <summary>Makes the first tokens: those given, the characters with prefix or suffix, the alphabet; each group in order of code points.</summary>
    public void Start(IEnumerable<string> first, string initialAlphabet, int? limitAlphabet)
    {
        HashSet<int> alphabet = FindAlphabet(initialAlphabet, limitAlphabet);
        foreach (string token in first)
        {
            Add(token);
        }

        AddDecorated(alphabet);
        foreach (int character in alphabet.Order())
        {
            Add(char.ConvertFromUtf32(character));
        }

        for (int i = 0; i < _symbols.Length; i++)
        {
            _symbols[i] = Spell(words.Words[i], alphabet);
            for (int j = 0; j + 1 < _symbols[i].Length; j++)
            {
                Count(Pair(_symbols[i][j], _symbols[i][j + 1]), words.Counts[i], i);
            }
        }

        foreach ((long pair, long count) in _counts)
        {
            _queue.Enqueue(pair, (-count, pair));
        }
    }

    /// <summary>Merges until the vocabulary is full or no pair is frequent enough.</summary>
    public void Run()
    {
        while (Tokens.Count < settings.VocabularySize && _queue.TryDequeue(out long pair, out (long Count, long Pair) priority))
        {
            long count = _counts[pair];
            if (_done.Contains(pair))
            {
                continue;
            }

            if (count != -priority.Count)
            {
                if (count > 0)
                {
                    _queue.Enqueue(pair, (-count, pair));
                }

                continue;
            }

            if (count < Math.Max(settings.MinFrequency, 1))
            {
                break;
            }

            _done.Add(pair);
            Merge(pair);
        }
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    private HashSet<int> FindAlphabet(string initial, int? limit)
    {
        Dictionary<int, long> counts = words.CountCharacters();
        foreach (System.Text.Rune rune in initial.EnumerateRunes())
        {
            counts[rune.Value] = long.MaxValue;
        }

        IEnumerable<int> characters = counts.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).Select(entry => entry.Key);
        return [.. limit is { } most ? characters.Take(Math.Max(most, initial.Length)) : characters];
    }

    private void AddDecorated(HashSet<int> alphabet)
    {
        var continuing = new SortedSet<int>();
        var ending = new SortedSet<int>();
        foreach (string word in words.Words)
        {
            int last = -1;
            foreach (System.Text.Rune rune in word.EnumerateRunes())
            {
                if (last >= 0)
                {
                    continuing.Add(rune.Value);
                }

                last = rune.Value;
            }

            ending.Add(last);
        }

        foreach (int character in settings.Prefix.Length > 0 ? continuing.Where(alphabet.Contains) : [])
        {
            Add(settings.Prefix + char.ConvertFromUtf32(character));
        }

        foreach (int character in settings.Suffix.Length > 0 ? ending.Where(alphabet.Contains) : [])
        {
            Add(char.ConvertFromUtf32(character) + settings.Suffix);
        }
    }

    private int Add(string token)
    {
        if (!_ids.TryGetValue(token, out int id))
        {
            id = Tokens.Count;
            _ids.Add(token, id);
            Tokens.Add(token);
            _lengths.Add(token.EnumerateRunes().Count());
        }

        return id;
    }

    /// <summary>The symbols of a word; characters outside the alphabet are left out.</summary>
    private int[] Spell(string word, HashSet<int> alphabet)
    {
        var symbols = new List<int>(word.Length);
        for (int i = 0; i < word.Length;)
        {
            int character = char.ConvertToUtf32(word, i);
            int next = i + (character > char.MaxValue ? 2 : 1);
            if (alphabet.Contains(character))
            {
                symbols.Add(Add((i > 0 ? settings.Prefix : "") + word[i..next] + (next == word.Length ? settings.Suffix : "")));
            }

            i = next;
        }

        return [.. symbols];
    }

    private void Count(long pair, long change, int word)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += change;
        if (change > 0)
        {
            ref List<int>? places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, pair, out _);
            places ??= [];
            if (places.Count == 0 || places[^1] != word)
            {
                places.Add(word);
            }
        }
    }

    private void Merge(long pair)
    {
        int left = (int)(pair >> 32);
        int right = (int)pair;
        if (settings.MaxTokenLength is { } limit && (_lengths[left] > 1 || _lengths[right] > 1) && _lengths[left] + _lengths[right] >= limit)
        {
            return;
        }

        string tail = Tokens[right];
        tail = settings.Prefix.Length > 0 && tail.StartsWith(settings.Prefix, StringComparison.Ordinal) ? tail[settings.Prefix.Length..] : tail;
        int merged = Add(Tokens[left] + tail);
        Merges.Add((Tokens[left], Tokens[right]));
        var raised = new HashSet<long>();
        foreach (int word in _places[pair])
        {
            MergeIn(word, left, right, merged, raised);
        }

        _places.Remove(pair);
        foreach (long other in raised.Where(other => other != pair))
        {
            _queue.Enqueue(other, (-_counts[other], other));
        }
    }

    private void MergeIn(int word, int left, int right, int merged, HashSet<long> raised)
    {
        int[] symbols = _symbols[word];
        long weight = words.Counts[word];
        int count = 0;
        int[] result = new int[symbols.Length];
        for (int i = 0; i < symbols.Length; i++)
        {
            bool merges = symbols[i] == left && i + 1 < symbols.Length && symbols[i + 1] == right;
            result[count++] = merges ? merged : symbols[i];
            i += merges ? 1 : 0;
        }

        if (count == symbols.Length)
        {
            return;
        }

        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Count(Pair(symbols[i], symbols[i + 1]), -weight, word);
        }

        _symbols[word] = result[..count];
        for (int i = 0; i + 1 < count; i++)
        {
            long pair = Pair(result[i], result[i + 1]);
            Count(pair, weight, word);
            if (result[i] == merged || result[i + 1] == merged)
            {
                raised.Add(pair);
            }
        }
    }
}
