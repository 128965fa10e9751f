namespace Attune.Text.Pipeline;

/// <summary>Tokens under way: ids with start and end, first in bytes of the pipeline's text, at the end in code points of the original.</summary>
internal sealed class TokenList
{
    private int[] _ids = new int[64];
    private int[] _starts = new int[64];
    private int[] _ends = new int[64];
    private int[] _words = new int[64];

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The ids.</summary>
    public Span<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Where each token starts.</summary>
    public Span<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>Where each token ends (exclusive).</summary>
    public Span<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Memory held, in bytes.</summary>
    public long HeldBytes => 16L * _ids.Length;

    /// <summary>Makes it empty.</summary>
    public void Clear() => Count = 0;

    /// <summary>Keeps only the first tokens.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Adds a token.</summary>
    public void Add(int id, int start, int end)
    {
        int count = Count;
        if (count == _ids.Length)
        {
            Array.Resize(ref _ids, count * 2);
            Array.Resize(ref _starts, count * 2);
            Array.Resize(ref _ends, count * 2);
            Array.Resize(ref _words, count * 2);
        }

        _ids[count] = id;
        _starts[count] = start;
        _ends[count] = end;
        Count = count + 1;
    }

    /// <summary>The same tokens in a list of their own.</summary>
    public TokenList Copy()
    {
        var copy = new TokenList();
        for (int i = 0; i < Count; i++)
        {
            copy.Add(_ids[i], _starts[i], _ends[i]);
        }

        return copy;
    }

    /// <summary>Says that the tokens from an index on come from a word.</summary>
    public void MarkWord(int from, int word) => _words.AsSpan(from, Count - from).Fill(word);

    /// <summary>The tokens as a draft of one of the texts.</summary>
    /// <param name="sequence">0 for the first text, 1 for the second.</param>
    /// <param name="word">The word that all tokens come from; null for the words that were marked.</param>
    public Draft ToDraft(int sequence, int? word)
    {
        var offsets = new (int, int)[Count];
        var infos = new TokenInfo[Count];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = (_starts[i], _ends[i]);
            infos[i] = new TokenInfo(word ?? _words[i], sequence, (sbyte)sequence, IsAdded: false, IsPadding: false);
        }

        return new Draft(Ids.ToArray(), offsets, infos);
    }
}
