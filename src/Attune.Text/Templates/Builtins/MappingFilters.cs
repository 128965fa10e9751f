using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>Filters that apply a filter or a test to every item, one item at a time as it is asked for.</summary>
internal static class MappingFilters
{
    public static readonly Builtin[] All =
    [
        new("map", "value * **", a => new IteratorValue(Map(a))),
        new("select", "value * **", a => new IteratorValue(Select(a, 0, wanted: true))),
        new("reject", "value * **", a => new IteratorValue(Select(a, 0, wanted: false))),
        new("selectattr", "value * **", a => new IteratorValue(Select(a, 1, wanted: true))),
        new("rejectattr", "value * **", a => new IteratorValue(Select(a, 1, wanted: false))),
    ];

    private static IEnumerable<Value> Map(Arguments a)
    {
        if (!a[0].IsTrue)
        {
            yield break;
        }

        Func<Value, Value> transform = a.More.Length > 0 ? ByFilter(a) : ByAttribute(a);
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            yield return transform(item);
        }
    }

    private static Func<Value, Value> ByFilter(Arguments a)
    {
        Builtin filter = KnownFilters.Get(a.Run.TextOf(a.More[0]));
        return item =>
        {
            var call = new CallArguments([item, .. a.More[1..]], a.MoreNamed);
            Work.Charge(a.Run, call);
            return filter.Invoke(a.Run, null, call);
        };
    }

    private static Func<Value, Value> ByAttribute(Arguments a)
    {
        Value? path = Named(a, "attribute"), fallback = Named(a, "default");
        if (path is null || a.MoreNamed.Count > (fallback is null ? 1 : 2))
        {
            throw new TemplateFault("map needs the name of a filter, or attribute=... and perhaps default=...");
        }

        return item => Lookup.Path(item, path, fallback is NoneValue ? null : fallback);
    }

    private static Value? Named(Arguments a, string name) => a.MoreNamed.Find(named => named.Key == name).Value;

    private static IEnumerable<Value> Select(Arguments a, int attributes, bool wanted)
    {
        if (!a[0].IsTrue)
        {
            yield break;
        }

        if (a.More.Length < attributes)
        {
            throw new TemplateFault("selectattr and rejectattr need the name of an attribute");
        }

        Builtin? test = a.More.Length > attributes ? KnownTests.Get(a.Run.TextOf(a.More[attributes])) : null;
        foreach (Value item in a.Run.Iterate(a[0]))
        {
            Value value = attributes == 0 ? item : Lookup.Path(item, a.More[0]);
            var call = new CallArguments(test is null ? [] : [value, .. a.More[(attributes + 1)..]], a.MoreNamed);
            Work.Charge(a.Run, call);
            if ((test?.Invoke(a.Run, null, call) ?? value).IsTrue == wanted)
            {
                yield return item;
            }
        }
    }
}
