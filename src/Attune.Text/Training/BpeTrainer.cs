using System.Runtime.InteropServices;

namespace Attune.Text.Training;

/// <summary>What a run of the BPE trainer is told.</summary>
internal sealed record BpeTrainerSettings(int VocabularySize, int MinFrequency, int? MaxTokenLength, string Prefix, string Suffix);

/// <summary>Trains merges: the pair with the highest count, the smallest ids of equal ones; merging goes from the left.</summary>
/// <remarks>
/// The queue may hold counts that have fallen since; such an entry is put back with its count of now. Counts that rise are queued at once,
/// so the first entry that is still true is the best pair. All words stand behind one another, and a merge touches the places of its pair alone:
/// the work grows with the merged pairs, however long words are.
/// </remarks>
internal sealed class BpeTrainer(WordCounts words, BpeTrainerSettings settings, CancellationToken cancellation)
{
    // In place of a symbol: the border of a word, and what belongs to the symbol before it.
    private const int Border = -1;
    private const int Inside = -2;

    private const int PlacesBetweenChecks = 1 << 14;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<int> _lengths = [];
    private readonly Dictionary<(int Character, bool IsFirst, bool IsLast), int> _letters = [];
    private readonly Dictionary<long, long> _counts = new(PairHash.Instance);
    private readonly Dictionary<long, List<int>> _places = new(PairHash.Instance);
    private readonly HashSet<long> _done = new(PairHash.Instance);
    private readonly PriorityQueue<long, (long Count, long Pair)> _queue = new();

    // By place: the symbol that begins there, the other end of the symbol that begins or ends there, and the word.
    private int[] _symbols = [];
    private int[] _ends = [];
    private int[] _words = [];

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

        SpellAll(alphabet);
        for (int place = 0; place + 1 < _symbols.Length; place++)
        {
            Check(place);
            if (_symbols[place] >= 0 && _symbols[place + 1] >= 0)
            {
                Count(Pair(_symbols[place], _symbols[place + 1]), words.Counts[_words[place]], place);
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

            cancellation.ThrowIfCancellationRequested();
            _done.Add(pair);
            Merge(pair);
        }
    }

    private void Check(int done)
    {
        if (done % PlacesBetweenChecks == 0)
        {
            cancellation.ThrowIfCancellationRequested();
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
        if (settings.Prefix.Length + settings.Suffix.Length == 0)
        {
            return;
        }

        var continuing = new HashSet<int>();
        var ending = new HashSet<int>();
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

        foreach (int character in continuing.Where(character => settings.Prefix.Length > 0 && alphabet.Contains(character)).Order())
        {
            Add(settings.Prefix + char.ConvertFromUtf32(character));
        }

        foreach (int character in ending.Where(character => settings.Suffix.Length > 0 && alphabet.Contains(character)).Order())
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

    /// <summary>Writes the symbols of all words, a border before and behind each; characters outside the alphabet are left out.</summary>
    private void SpellAll(HashSet<int> alphabet)
    {
        long most = 1 + words.Words.Sum(word => word.Length + 1L);
        if (most > Array.MaxLength)
        {
            throw new TextException($"the texts have {most} characters in different words, more than can be trained on; expected at most {Array.MaxLength}");
        }

        (_symbols, _ends, _words) = (new int[most], new int[most], new int[most]);
        int count = 0;
        Put(Border, 0);
        for (int i = 0; i < words.Words.Length; i++)
        {
            string word = words.Words[i];
            for (int start = 0; start < word.Length;)
            {
                int character = char.ConvertToUtf32(word, start);
                int next = start + (character > char.MaxValue ? 2 : 1);
                if (alphabet.Contains(character))
                {
                    Put(Letter(character, start == 0, next == word.Length), i);
                }

                start = next;
            }

            Put(Border, i);
        }

        Array.Fill(_symbols, Border, count, _symbols.Length - count);

        void Put(int symbol, int word)
        {
            Check(count);
            (_symbols[count], _ends[count], _words[count]) = (symbol, count, word);
            count++;
        }
    }

    private int Letter(int character, bool isFirst, bool isLast)
    {
        if (!_letters.TryGetValue((character, isFirst, isLast), out int id))
        {
            id = Add((isFirst ? "" : settings.Prefix) + char.ConvertFromUtf32(character) + (isLast ? settings.Suffix : ""));
            _letters.Add((character, isFirst, isLast), id);
        }

        return id;
    }

    private void Count(long pair, long weight, int place)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += weight;
        ref List<int>? places = ref CollectionsMarshal.GetValueRefOrAddDefault(_places, pair, out _);
        places ??= [];
        places.Add(place);
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
        var raised = new HashSet<long>(PairHash.Instance);
        _places.Remove(pair, out List<int>? places);
        if (left == right)
        {
            // Of a run of equal symbols the first two merge, then the next two.
            places!.Sort();
        }

        for (int i = 0; i < places!.Count; i++)
        {
            Check(i);
            MergeAt(places[i], left, right, merged, raised);
        }

        foreach (long other in raised.Where(other => other != pair && _counts[other] > 0))
        {
            _queue.Enqueue(other, (-_counts[other], other));
        }
    }

    /// <summary>Merges the pair at a place if it is still there, and counts what stands beside it anew.</summary>
    private void MergeAt(int place, int left, int right, int merged, HashSet<long> raised)
    {
        int second = _ends[place] + 1;
        if (_symbols[place] != left || _symbols[second] != right)
        {
            return;
        }

        long weight = words.Counts[_words[place]];
        int last = _ends[second];
        int before = _ends[place - 1];
        int after = last + 1;
        _counts[Pair(left, right)] -= weight;
        _symbols[second] = Inside;
        _symbols[place] = merged;
        (_ends[place], _ends[last]) = (last, place);
        if (_symbols[before] >= 0)
        {
            Replace(Pair(_symbols[before], left), Pair(_symbols[before], merged), before);
        }

        if (_symbols[after] >= 0)
        {
            Replace(Pair(right, _symbols[after]), Pair(merged, _symbols[after]), place);
        }

        void Replace(long old, long pair, int at)
        {
            _counts[old] -= weight;
            Count(pair, weight, at);
            raised.Add(pair);
        }
    }

    /// <summary>Spreads pairs of small ids: those of a 64-bit number's own hash, the exclusive or of both halves, are as few as the ids.</summary>
    private sealed class PairHash : IEqualityComparer<long>
    {
        public static readonly PairHash Instance = new();

        public bool Equals(long x, long y) => x == y;

        public int GetHashCode(long pair) => (int)((ulong)pair * 0x9E37_79B9_7F4A_7C15 >> 32);
    }
}
