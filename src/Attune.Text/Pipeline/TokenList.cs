namespace Attune.Text.Pipeline;

/// <summary>Tokens under way: ids with start and end, first in bytes of the pipeline's text, at the end in code points of the original.</summary>
internal sealed class TokenList
{
    private int[] _ids = new int[64];
    private int[] _starts = new int[64];
    private int[] _ends = new int[64];

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The ids.</summary>
    public Span<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Where each token starts.</summary>
    public Span<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>Where each token ends (exclusive).</summary>
    public Span<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Memory held, in bytes.</summary>
    public long HeldBytes => 12L * _ids.Length;

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
        }

        _ids[count] = id;
        _starts[count] = start;
        _ends[count] = end;
        Count = count + 1;
    }

    /// <summary>Adds all tokens of another list.</summary>
    public void AddRange(TokenList other)
    {
        for (int i = 0; i < other.Count; i++)
        {
            Add(other._ids[i], other._starts[i], other._ends[i]);
        }
    }

    /// <summary>Puts one added token before the others and one behind them.</summary>
    public void Surround(int first, int last)
    {
        Add(first, 0, 0);
        Rotate(Ids);
        Rotate(Starts);
        Rotate(Ends);
        Add(last, 0, 0);
    }

    private static void Rotate(Span<int> values)
    {
        int last = values[^1];
        values[..^1].CopyTo(values[1..]);
        values[0] = last;
    }
}
