using System.Numerics;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The functions that every template can call.</summary>
internal static class Globals
{
    public static readonly Builtin[] All =
    [
        new("range", "start stop? step?", Range),
        new("namespace", "* **", Namespace),
        new("dict", "* **", Dict),
        new("cycler", "*", a => a.More.Length > 0 ? new CyclerValue(a.More) : throw new TemplateFault("cycler needs at least one value")),
        new("joiner", "sep?", a => new JoinerValue(a.Optional(0) ?? new StringValue(", "))),
        new("raise_exception", "message", a => throw new TemplateFault(a.Text(0), raisedByTemplate: true)),
        new("strftime_now", "format", a => new StringValue(StrfTime.Format(a.Run, a.String(0).Text, a.Run.Now))),
    ];

    private static RangeValue Range(Arguments a) => a.Optional(1) is null
        ? new RangeValue(0, a.BigInteger(0), 1)
        : new RangeValue(a.BigInteger(0), a.BigInteger(1), a.Optional(2) is null ? BigInteger.One : a.BigInteger(2));

    private static NamespaceValue Namespace(Arguments a)
    {
        var result = new NamespaceValue();
        foreach ((Value key, Value value) in Dict(a).Entries)
        {
            result.Set(key is StringValue name ? name.Text : throw a.WrongType(key, "names as keys"), value);
        }

        return result;
    }

    private static DictValue Dict(Arguments a)
    {
        if (a.More.Length > 1)
        {
            throw new TemplateFault($"a mapping or list of pairs was expected, found {a.More.Length} values");
        }

        const int StepsPerMapping = 8;
        a.Run.Charge(StepsPerMapping);
        var entries = new OrderedDictionary<Value, Value>();
        foreach (Value pair in a.More is [var source] ? source is DictValue dict ? dict.Pairs : a.Run.Iterate(source) : [])
        {
            Value[] parts = [.. a.Run.Iterate(pair).Take(3)];
            if (parts.Length != 2)
            {
                throw new TemplateFault("a mapping is made of pairs of a key and a value");
            }

            a.Run.Charge(parts[0].Weight);
            entries[parts[0]] = parts[1];
        }

        foreach ((string name, Value value) in a.MoreNamed)
        {
            entries[new StringValue(name)] = value;
        }

        return new DictValue(entries);
    }
}
