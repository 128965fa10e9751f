namespace Attune.Retrieval.Chunking;

/// <summary>Windows of one size that are moved over a text.</summary>
public static class Windows
{
    /// <summary>The windows, each from its first unit to the one behind its last; the last window ends with the text.</summary>
    /// <param name="count">Units of the text; at least 0.</param>
    /// <param name="size">Units of a window; at least 1.</param>
    /// <param name="overlap">Units that neighbouring windows share; from 0 to less than <paramref name="size"/>.</param>
    public static IEnumerable<(int Start, int End)> Of(int count, int size, int overlap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(overlap, size);
        return Iterate(count, size, overlap);
    }

    private static IEnumerable<(int Start, int End)> Iterate(int count, int size, int overlap)
    {
        for (int start = 0; start < count; start += size - overlap)
        {
            int end = (int)Math.Min(count, (long)start + size);
            yield return (start, end);
            if (end == count)
            {
                yield break;
            }
        }
    }

    /// <summary>A text in windows, without white space at their ends; windows of nothing but white space are left out.</summary>
    internal static IEnumerable<TextSpan> Split(string text, TextUnits units, int size, int overlap) => Of(units.Count, size, overlap)
        .Select(window => new TextSpan(units.PlaceOf(window.Start), units.PlaceOf(window.End)).Trim(text))
        .Where(span => span.Length > 0);
}
