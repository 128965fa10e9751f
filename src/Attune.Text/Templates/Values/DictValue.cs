using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>A mapping that keeps the order of its keys.</summary>
internal sealed class DictValue : Value
{
    public DictValue(OrderedDictionary<Value, Value> entries)
    {
        Entries = entries;
        (long keys, int keyDepth) = Containers.Measure([.. entries.Keys]);
        (long values, int valueDepth) = Containers.Measure([.. entries.Values]);
        Weight = keys + values;
        Depth = Math.Max(keyDepth, valueDepth);
    }

    public OrderedDictionary<Value, Value> Entries { get; }

    public override long Weight { get; }

    public override int Depth { get; }

    public override string TypeName => "dict";

    public override bool IsTrue => Entries.Count > 0;

    public override int? Count => Entries.Count;

    public override IEnumerable<Value> Items => Entries.Keys;

    public IEnumerable<Value> Pairs => Entries.Select(Value (entry) => new TupleValue([entry.Key, entry.Value]));

    public override Value? Attribute(string name) => DictMethods.Table.Find(this, name);

    public override bool IsForbidden(string name) => name is "clear" or "pop" or "popitem" or "setdefault" or "update";

    // A key that cannot be hashed is in no mapping.
    public override Value? Item(Value key) => key is not (ListValue or DictValue) && Entries.TryGetValue(key, out Value? value) ? value : null;

    public override void PrintRepr(ValuePrinter printer) => printer.Map(Entries);

    public override bool Equals(Value? other) =>
        other is DictValue dict && dict.Entries.Count == Entries.Count && Entries.All(entry => dict.Entries.TryGetValue(entry.Key, out Value? value) && value.Equals(entry.Value));

    public override int GetHashCode() => throw new TemplateFault("a mapping cannot be a key");
}

/// <summary>The keys, values or items of a mapping.</summary>
internal sealed class DictViewValue(DictValue dict, string kind) : Value
{
    public override string TypeName => "dict_" + kind;

    public override bool IsTrue => dict.IsTrue;

    public override int? Count => dict.Count;

    public override long Weight => dict.Weight;

    public override int Depth => dict.Depth + 1;

    public override IEnumerable<Value> Items => kind switch
    {
        "keys" => dict.Entries.Keys,
        "values" => dict.Entries.Values,
        _ => dict.Pairs,
    };

    public override void PrintRepr(ValuePrinter printer) => printer.List($"{TypeName}([", Items, "])");
}
