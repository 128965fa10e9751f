namespace Attune.Evaluation.Metrics;

/// <summary>A name in a row of tags.</summary>
/// <param name="Type">What it is, such as <c>PER</c>.</param>
/// <param name="First">Its first tag, counted over all rows with one place between two of them.</param>
/// <param name="Last">Its last tag.</param>
public readonly record struct Entity(string Type, int First, int Last);

/// <summary>How well names were found, as the default mode of seqeval (Nakayama 2018) and the CoNLL-2000 script score them: a name counts when type and both ends are right.</summary>
public sealed class EntityScores
{
    private EntityScores(IReadOnlyDictionary<string, Counts> perType) => PerType = perType;

    /// <summary>Counts of each type that was meant or said, in order.</summary>
    public IReadOnlyDictionary<string, Counts> PerType { get; }

    /// <summary>All types together.</summary>
    public Counts Micro => PerType.Values.Aggregate(default(Counts), static (sum, counts) => sum + counts);

    /// <summary>Mean of the types' F1; NaN when there are none.</summary>
    public double MacroF1 => PerType.Count == 0 ? double.NaN : PerType.Values.Average(counts => counts.F1);

    /// <summary>Scores rows of tags such as <c>B-PER</c>, <c>I-PER</c>, <c>O</c>, of any scheme with such prefixes.</summary>
    /// <exception cref="ArgumentException">The rows' lengths differ.</exception>
    public static EntityScores Of(IReadOnlyList<IReadOnlyList<string>> actual, IReadOnlyList<IReadOnlyList<string>> predicted)
    {
        if (actual.Count != predicted.Count || actual.Zip(predicted).Any(pair => pair.First.Count != pair.Second.Count))
        {
            throw new ArgumentException("entities: the rows that were meant and said differ in number or length");
        }

        HashSet<Entity> meant = [.. Find(actual)];
        HashSet<Entity> said = [.. Find(predicted)];
        var perType = new SortedDictionary<string, Counts>(StringComparer.Ordinal);
        Add(meant, new Counts(0, 0, 1));
        Add(said, new Counts(0, 1, 0));
        Add(meant.Where(said.Contains), new Counts(1, 0, 0));
        return new EntityScores(perType);

        void Add(IEnumerable<Entity> entities, Counts one)
        {
            foreach (Entity entity in entities)
            {
                perType[entity.Type] = perType.GetValueOrDefault(entity.Type) + one;
            }
        }
    }

    /// <summary>The names in rows of tags. A tag other than O whose type differs from the one before starts a name, whatever its prefix.</summary>
    public static IReadOnlyList<Entity> Find(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        List<Entity> entities = [];
        (char Prefix, string Type) before = ('O', string.Empty);
        int first = 0;
        int place = 0;
        foreach (IReadOnlyList<string> row in rows)
        {
            // An O behind each row ends its last name.
            for (int i = 0; i <= row.Count; i++, place++)
            {
                (char Prefix, string Type) tag = Parse(i < row.Count ? row[i] : "O");
                if (Ends(before, tag))
                {
                    entities.Add(new Entity(before.Type, first, place - 1));
                }

                first = Starts(before, tag) ? place : first;
                before = tag;
            }
        }

        return entities;
    }

    private static (char Prefix, string Type) Parse(string tag)
    {
        if (tag.Length == 0)
        {
            throw new ArgumentException("entities: a tag is empty");
        }

        string rest = tag[1..];
        int hyphen = rest.IndexOf('-', StringComparison.Ordinal);
        string type = rest[(hyphen + 1)..];
        return (tag[0], type.Length == 0 ? "_" : type);
    }

    private static bool Ends((char Prefix, string Type) before, (char Prefix, string Type) tag) => before.Prefix switch
    {
        'E' or 'S' => true,
        'B' or 'I' when tag.Prefix is 'B' or 'S' or 'O' => true,
        'O' or '.' => false,
        _ => before.Type != tag.Type,
    };

    private static bool Starts((char Prefix, string Type) before, (char Prefix, string Type) tag) => tag.Prefix switch
    {
        'B' or 'S' => true,
        'E' or 'I' when before.Prefix is 'E' or 'S' or 'O' => true,
        'O' or '.' => false,
        _ => before.Type != tag.Type,
    };
}
