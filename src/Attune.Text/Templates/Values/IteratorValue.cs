namespace Attune.Text.Templates.Values;

/// <summary>Items made on demand and given once, such as the result of <c>map</c>.</summary>
internal sealed class IteratorValue(IEnumerable<Value> items, string typeName = "generator") : Value
{
    private IEnumerator<Value>? _items;

    public override string TypeName => typeName;

    public override IEnumerable<Value> Items
    {
        get
        {
            _items ??= items.GetEnumerator();
            while (_items.MoveNext())
            {
                yield return _items.Current;
            }
        }
    }

    // Python prints an address here; a fixed text keeps rendering deterministic.
    public override void PrintRepr(ValuePrinter printer) => printer.Append($"<{TypeName} object>");
}
