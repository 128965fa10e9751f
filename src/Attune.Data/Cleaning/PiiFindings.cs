namespace Attune.Data.Cleaning;

/// <summary>Personal data while it is looked for: the kinds one after the other, each from the beginning of the text to its end; where two overlap, the earlier kind has it.</summary>
internal sealed class PiiFindings
{
    // In the order of the text, so that an overlap is found by bisection; a text may have millions of pieces.
    private readonly List<PiiSpan> _earlierKinds = [];
    private readonly List<PiiSpan> _kind = [];

    /// <summary>Adds a piece that overlaps with none.</summary>
    public void Add(int start, int end, string kind)
    {
        if (_kind.Count > 0 && _kind[^1].Kind != kind)
        {
            Settle();
        }

        if ((_kind.Count == 0 || _kind[^1].End <= start) && !OverlapsWithEarlierKinds(start, end))
        {
            _kind.Add(new PiiSpan(start, end, kind));
        }
    }

    /// <summary>All pieces in the order of the text.</summary>
    public IReadOnlyList<PiiSpan> ToList()
    {
        Settle();
        return _earlierKinds;
    }

    private void Settle()
    {
        _earlierKinds.AddRange(_kind);
        _earlierKinds.Sort((first, second) => first.Start.CompareTo(second.Start));
        _kind.Clear();
    }

    private bool OverlapsWithEarlierKinds(int start, int end)
    {
        int low = 0;
        int high = _earlierKinds.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _earlierKinds[middle].End <= start ? (middle + 1, high) : (low, middle);
        }

        return low < _earlierKinds.Count && _earlierKinds[low].Start < end;
    }
}
