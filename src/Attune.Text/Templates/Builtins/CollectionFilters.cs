using System.Text;
using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>Filters that ask about or rearrange collections.</summary>
internal static class CollectionFilters
{
    private const int StepsPerPart = 8;

    public static readonly Builtin[] All =
    [
        new("length", "value", Length),
        new("count", "value", Length),
        new("list", "value", a => new ListValue(a.Run.ToArray(a[0]))),
        new("first", "value", a => a.Run.Iterate(a[0]).FirstOrDefault() ?? new UndefinedValue("there is no first item: the sequence is empty")),
        new("last", "value", Last),
        new("random", "value", Random),
        new("reverse", "value", Reverse),
        new("join", "value d? attribute?", Join),
        new("items", "value", a => new IteratorValue(Items(a))),
        new("batch", "value linecount fill_with?", a => new IteratorValue(Batch(a))),
        new("slice", "value slices fill_with?", a => new IteratorValue(Slice(a))),
        new("default", "value default_value? boolean?", Default),
        new("d", "value default_value? boolean?", Default),
        new("attr", "value name", a => a[0] is UndefinedValue missing ? throw missing.Fault() : Lookup.Member(a[0], a.String(1)) ?? new UndefinedValue(a[0], a[1])),
    ];

    private static IntValue Length(Arguments a) => IntValue.Of(a[0].Count ?? throw new TemplateFault($"a value of type '{a[0].TypeName}' has no length"));

    private static Value Last(Arguments a) => a[0] is IteratorValue
        ? throw a.WrongType(a[0], "a sequence (use 'list' before it)")
        : a.Run.Iterate(a[0]).LastOrDefault() ?? new UndefinedValue("there is no last item: the sequence is empty");

    private static Value Random(Arguments a)
    {
        int count = (int)Length(a).Value;
        return count == 0
            ? new UndefinedValue("there is no random item: the sequence is empty")
            : a[0].Item(IntValue.Of(a.Run.NextRandom(count))) ?? throw a.WrongType(a[0], "a sequence");
    }

    private static Value Reverse(Arguments a)
    {
        Value[] items = a.Run.ToArray(a[0]);
        Array.Reverse(items);
        return a[0] switch
        {
            StringValue => new StringValue(string.Concat(items.Select(item => ((StringValue)item).Text))),
            SequenceValue sequence => new IteratorValue(items, sequence is ListValue ? "list_reverseiterator" : "reversed"),
            RangeValue => new IteratorValue(items, "range_iterator"),
            IteratorValue => new ListValue(items),
            _ => new IteratorValue(items, "dict_reversekeyiterator"),
        };
    }

    private static StringValue Join(Arguments a)
    {
        string separator = a.Optional(1) is { } given ? a.Run.OutputTextOf(given) : "";
        var result = new StringBuilder();
        bool first = true;
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            string part = a.Run.OutputTextOf(a.OptionalNotNone(2) is { } path ? Lookup.Path(item, path) : item);
            a.Run.CheckLength((long)result.Length + separator.Length + part.Length);
            result.Append(first ? "" : separator).Append(part);
            first = false;
        }

        return new StringValue(result.ToString(), a.Run.AutoEscape);
    }

    private static IEnumerable<Value> Items(Arguments a)
    {
        if (a[0] is UndefinedValue)
        {
            yield break;
        }

        foreach (Value pair in (a[0] as DictValue ?? throw a.WrongType(a[0], "a mapping")).Pairs)
        {
            yield return pair;
        }
    }

    private static IEnumerable<Value> Batch(Arguments a)
    {
        int size = a.Integer(1);
        var batch = new List<Value>();
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            if (batch.Count == size)
            {
                a.Run.Charge(StepsPerPart);
                yield return new ListValue([.. batch]);
                batch.Clear();
            }

            batch.Add(item);
        }

        if (batch.Count == 0)
        {
            yield break;
        }

        int missing = size - batch.Count;
        if (a.OptionalNotNone(2) is { } fill && missing > 0)
        {
            a.Run.Charge(missing);
            batch.AddRange(Enumerable.Repeat(fill, missing));
        }

        yield return new ListValue([.. batch]);
    }

    private static IEnumerable<Value> Slice(Arguments a)
    {
        Value[] items = a.Run.ToArray(a[0]);
        int slices = a.Integer(1);
        if (slices < 1)
        {
            throw new TemplateFault($"slice needs at least 1 slice, found {slices}");
        }

        (int size, int larger) = Math.DivRem(items.Length, slices);
        int start = 0;
        for (int i = 0; i < slices; i++)
        {
            a.Run.Charge(StepsPerPart);
            int end = start + size + (i < larger ? 1 : 0);
            Value[] part = items[start..end];
            yield return new ListValue(i >= larger && a.OptionalNotNone(2) is { } fill ? [.. part, fill] : part);
            start = end;
        }
    }

    private static Value Default(Arguments a) => a[0] is UndefinedValue || (a.Flag(2) && !a[0].IsTrue) ? a.Optional(1) ?? StringValue.Empty : a[0];
}
