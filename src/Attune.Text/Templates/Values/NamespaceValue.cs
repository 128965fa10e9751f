namespace Attune.Text.Templates.Values;

/// <summary><c>namespace(...)</c>: the only value whose attributes can be set.</summary>
internal sealed class NamespaceValue : Value
{
    private readonly OrderedDictionary<Value, Value> _attributes = [];

    public override string TypeName => "Namespace";

    public override Value? Attribute(string name) => _attributes.GetValueOrDefault(new StringValue(name));

    public override Value? Item(Value key) => key is StringValue name ? Attribute(name.Text) : null;

    /// <summary>Sets an attribute; names that begin with an underscore are refused, as in the reference's sandbox.</summary>
    public void Set(string name, Value value)
    {
        if (name.StartsWith('_'))
        {
            throw new TemplateFault($"attributes of a namespace must not begin with an underscore, found '{name}'; rename it");
        }

        _attributes[new StringValue(name)] = value;
    }

    public override void PrintRepr(ValuePrinter printer)
    {
        printer.Append("<Namespace ");
        printer.Map(_attributes);
        printer.Append(">");
    }
}
