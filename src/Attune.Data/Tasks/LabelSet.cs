using System.Globalization;

namespace Attune.Data.Tasks;

/// <summary>The classes of a task in the order of their ids.</summary>
public sealed class LabelSet
{
    /// <summary>What transformers calls classes that nobody named.</summary>
    private const string Unnamed = "LABEL_";

    private const int MostListed = 20;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>Classes in the given order.</summary>
    /// <exception cref="DataException">There is none, or a name stands twice.</exception>
    public LabelSet(IReadOnlyList<string> names)
    {
        Names = names;
        foreach (string name in names)
        {
            if (!_ids.TryAdd(name, _ids.Count))
            {
                throw new DataException($"labels: '{name}' stands twice; every class needs a name of its own.");
            }
        }

        if (names.Count == 0)
        {
            throw new DataException("labels: there are no classes.");
        }
    }

    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The classes found in data, in the order in which the scripts of transformers number them: sorted, as numbers where all are whole numbers.</summary>
    /// <exception cref="DataException">There is none.</exception>
    public static LabelSet Sorted(IEnumerable<string> found)
    {
        string[] names = [.. found.Distinct(StringComparer.Ordinal)];
        bool numbers = names.All(name => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        return new LabelSet(numbers
            ? [.. names.OrderBy(name => long.Parse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)).ThenBy(name => name, StringComparer.Ordinal)]
            : [.. names.Order(StringComparer.Ordinal)]);
    }

    /// <summary>The id of a class of a row. A number also means the class that transformers named by it (<c>LABEL_1</c>).</summary>
    /// <exception cref="DataException">There is no such class.</exception>
    public int IdOf(TaskExample example, string name) => _ids.TryGetValue(name, out int id) || _ids.TryGetValue(Unnamed + name, out id)
        ? id
        : throw example.Wrong(
            "the label is none of the classes",
            $"found '{name}', expected one of {string.Join(", ", Names.Take(MostListed))}{(Names.Count > MostListed ? ", ..." : "")}; correct the row, or name all classes with labels");

    /// <summary>Whether all names are classes.</summary>
    public bool Contains(IEnumerable<string> names) => names.All(name => _ids.ContainsKey(name) || _ids.ContainsKey(Unnamed + name));
}
