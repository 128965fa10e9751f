using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>A list or a tuple.</summary>
internal abstract class SequenceValue : Value
{
    protected SequenceValue(Value[] elements)
    {
        Elements = elements;
        (Weight, Depth) = Containers.Measure(elements);
    }

    public Value[] Elements { get; }

    public override long Weight { get; }

    public override int Depth { get; }

    public override bool IsTrue => Elements.Length > 0;

    public override int? Count => Elements.Length;

    public override IEnumerable<Value> Items => Elements;

    /// <summary>The same kind of sequence with other elements.</summary>
    public abstract SequenceValue With(Value[] elements);

    public override Value? Item(Value key) => Containers.ElementAt(key, Elements.Length, Elements, static (elements, i) => elements[i]);

    public override bool Equals(Value? other) => other is SequenceValue sequence && sequence.TypeName == TypeName && Elements.AsSpan().SequenceEqual(sequence.Elements);
}

/// <summary>A list.</summary>
internal sealed class ListValue(Value[] elements) : SequenceValue(elements)
{
    public override string TypeName => "list";

    public override SequenceValue With(Value[] elements) => new ListValue(elements);

    public override Value? Attribute(string name) => SequenceMethods.List.Find(this, name);

    public override bool IsForbidden(string name) => name is "append" or "clear" or "extend" or "insert" or "pop" or "remove" or "reverse" or "sort";

    public override void PrintRepr(ValuePrinter printer) => printer.List("[", Elements, "]");

    public override int GetHashCode() => throw new TemplateFault("a list cannot be a key");
}

/// <summary>A tuple; <c>groupby</c> gives its elements names.</summary>
internal sealed class TupleValue(Value[] elements, params string[] names) : SequenceValue(elements)
{
    private int? _hash;

    public override string TypeName => "tuple";

    public override SequenceValue With(Value[] elements) => new TupleValue(elements);

    public override Value? Attribute(string name) => Array.IndexOf(names, name) is >= 0 and int i ? Elements[i] : SequenceMethods.Table.Find(this, name);

    public override void PrintRepr(ValuePrinter printer) => printer.List("(", Elements, Elements.Length == 1 ? ",)" : ")");

    public override int GetHashCode()
    {
        if (_hash is null)
        {
            var hash = default(HashCode);
            foreach (Value element in Elements)
            {
                hash.Add(element.GetHashCode());
            }

            _hash = hash.ToHashCode();
        }

        return _hash.Value;
    }
}
