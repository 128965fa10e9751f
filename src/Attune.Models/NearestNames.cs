namespace Attune.Models;

/// <summary>Finds the known names that an unknown one is most like.</summary>
internal static class NearestNames
{
    private const int Most = 3;

    /// <summary>The most similar names, best first: those that the name is the beginning of, then those with few letters to change and a long common beginning.</summary>
    public static IEnumerable<string> Of(string name, IEnumerable<string> known) => known
        .OrderByDescending(candidate => candidate.StartsWith(name, StringComparison.Ordinal))
        .ThenBy(candidate => Distance(name, candidate) - (2 * name.AsSpan().CommonPrefixLength(candidate)))
        .ThenBy(candidate => candidate, StringComparer.Ordinal)
        .Take(Most);

    /// <summary>Letters to insert, remove or replace (Levenshtein 1966).</summary>
    private static int Distance(string a, string b)
    {
        int[] previous = [.. Enumerable.Range(0, b.Length + 1)];
        foreach ((int row, char letter) in a.Index())
        {
            int diagonal = previous[0];
            previous[0] = row + 1;
            for (int column = 1; column <= b.Length; column++)
            {
                int replaced = diagonal + (letter == b[column - 1] ? 0 : 1);
                diagonal = previous[column];
                previous[column] = Math.Min(replaced, 1 + Math.Min(previous[column], previous[column - 1]));
            }
        }

        return previous[^1];
    }
}
