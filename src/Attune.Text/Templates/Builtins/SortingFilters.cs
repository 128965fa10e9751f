using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>Filters that compare items. Texts compare without case unless <c>case_sensitive</c> is set.</summary>
internal static class SortingFilters
{
    public static readonly Builtin[] All =
    [
        new("sort", "value reverse? case_sensitive? attribute?", Sort),
        new("dictsort", "value case_sensitive? by? reverse?", DictSort),
        new("groupby", "value attribute default? case_sensitive?", GroupBy),
        new("unique", "value case_sensitive? attribute?", a => new IteratorValue(Unique(a))),
        new("min", "value case_sensitive? attribute?", a => Extreme(a, "<")),
        new("max", "value case_sensitive? attribute?", a => Extreme(a, ">")),
        new("sum", "value attribute? start?", Sum),
    ];

    private static ListValue Sort(Arguments a)
    {
        Value[][] paths = a.OptionalNotNone(3) switch
        {
            null => [],
            StringValue text => [.. text.Text.Split(',').Select(Value[] (path) => [new StringValue(path)])],
            Value index => [[index]],
        };
        Func<Value, Value> key = paths.Length == 0
            ? item => Key(a, item, a.Flag(2))
            : item => new ListValue([.. paths.Select(path => Key(a, Lookup.Path(item, path[0]), a.Flag(2)))]);
        return new ListValue(StableSort(a.Run, a.Run.ToArray(a[0]), key, a.Flag(1)));
    }

    private static ListValue DictSort(Arguments a)
    {
        DictValue mapping = a[0] as DictValue ?? throw a.WrongType(a[0], "a mapping");
        int part = a.Text(2, "key") switch
        {
            "key" => 0,
            "value" => 1,
            string other => throw new TemplateFault($"dictsort sorts by 'key' or 'value', found '{other}'"),
        };
        return new ListValue(StableSort(a.Run, [.. mapping.Pairs], pair => Key(a, ((TupleValue)pair).Elements[part], a.Flag(1)), a.Flag(3)));
    }

    private static ListValue GroupBy(Arguments a)
    {
        Value? fallback = a.OptionalNotNone(2);
        bool caseSensitive = a.Flag(3);
        Value KeyOf(Value item) => Key(a, Lookup.Path(item, a[1], fallback), caseSensitive);

        var groups = new List<(Value Key, List<Value> Items)>();
        foreach (Value item in StableSort(a.Run, a.Run.ToArray(a[0]), KeyOf, reverse: false))
        {
            Value key = KeyOf(item);
            if (groups.Count == 0 || !Comparison.AreEqual(a.Run, groups[^1].Key, key))
            {
                groups.Add((key, []));
            }

            groups[^1].Items.Add(item);
        }

        return new ListValue([.. groups.Select(group => new TupleValue(
            [caseSensitive ? group.Key : Lookup.Path(group.Items[0], a[1], fallback), new ListValue([.. group.Items])], "grouper", "list"))]);
    }

    private static IEnumerable<Value> Unique(Arguments a)
    {
        var seen = new HashSet<Value>();
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            Value key = Key(a, a.OptionalNotNone(2) is { } path ? Lookup.Path(item, path) : item, a.Flag(1));
            if (seen.Add(key))
            {
                yield return item;
            }
        }
    }

    private static Value Extreme(Arguments a, string symbol)
    {
        Value? best = null, bestKey = null;
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            Value key = Key(a, a.OptionalNotNone(2) is { } path ? Lookup.Path(item, path) : item, a.Flag(1));
            if (bestKey is null || Comparison.Holds(a.Run, symbol, key, bestKey))
            {
                (best, bestKey) = (item, key);
            }
        }

        return best ?? new UndefinedValue("there is no smallest or largest item: the sequence is empty");
    }

    private static Value Sum(Arguments a)
    {
        Value total = a.Optional(2) ?? IntValue.Of(0);
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            total = Arithmetic.Apply(a.Run, "+", total, a.OptionalNotNone(1) is { } path ? Lookup.Path(item, path) : item);
        }

        return total;
    }

    private static Value Key(Arguments a, Value value, bool caseSensitive)
    {
        a.Run.Charge(value.Weight);
        return !caseSensitive && value is StringValue text ? new StringValue(LetterCase.Lower(text.Text)) : value;
    }

    /// <summary>Merge sort: equal items keep their order, also in reverse; a comparison that fails ends it at once.</summary>
    public static Value[] StableSort(Interpreter run, Value[] items, Func<Value, Value> key, bool reverse)
    {
        const int StepsPerSort = 16, StepsPerItem = 4;
        run.Charge(StepsPerSort + ((long)StepsPerItem * items.Length));
        (Value Key, Value Item)[] from = [.. items.Select(item => (key(item), item))];
        var to = new (Value Key, Value Item)[from.Length];
        for (int width = 1; width < from.Length; width *= 2)
        {
            for (int start = 0; start < from.Length; start += 2 * width)
            {
                int middle = Math.Min(start + width, from.Length), end = Math.Min(start + (2 * width), from.Length);
                int left = start, right = middle;
                for (int i = start; i < end; i++)
                {
                    bool takeRight = left == middle || (right < end && IsBefore(from[right].Key, from[left].Key));
                    to[i] = takeRight ? from[right++] : from[left++];
                }
            }

            (from, to) = (to, from);
        }

        return Array.ConvertAll(from, entry => entry.Item);

        bool IsBefore(Value a, Value b) => reverse ? Comparison.Holds(run, "<", b, a) : Comparison.Holds(run, "<", a, b);
    }
}
