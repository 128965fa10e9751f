namespace Attune.Data.Rows;

/// <summary>Counts rows by what happened to them, and keeps where the first of them stand.</summary>
public sealed class RowGroupCounter
{
    private const int PlacesKept = 10;

    private readonly Dictionary<string, (long Rows, List<RowPlace> First)> _groups = [];

    /// <summary>Counts a row.</summary>
    /// <param name="reason">What happened to it; rows with the same reason are one group.</param>
    /// <param name="place">Where it stands.</param>
    public void Add(string reason, RowPlace place)
    {
        (long rows, List<RowPlace> first) = _groups.TryGetValue(reason, out var group) ? group : (0, []);
        if (rows < PlacesKept)
        {
            first.Add(place);
        }

        _groups[reason] = (rows + 1, first);
    }

    /// <summary>The groups, the largest first.</summary>
    public IReadOnlyList<RowGroup> Report() =>
        [.. _groups.Select(group => new RowGroup(group.Key, group.Value.Rows, [.. group.Value.First])).OrderByDescending(group => group.Rows).ThenBy(group => group.Reason, StringComparer.Ordinal)];
}
