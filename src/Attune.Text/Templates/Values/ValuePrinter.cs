using System.Text;

namespace Attune.Text.Templates.Values;

/// <summary>Collects the text of values and stops when it gets too long or too deep.</summary>
internal sealed class ValuePrinter(StringBuilder text, TemplateLimits limits)
{
    private int _depth;

    public void Append(string part)
    {
        if (part.Length > limits.TextLength - text.Length)
        {
            throw new TemplateFault($"a text is longer than {limits.TextLength} units (TemplateLimits.TextLength)");
        }

        text.Append(part);
    }

    public void Repr(Value value)
    {
        if (++_depth > limits.Depth || !System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault($"a value is nested more than {limits.Depth} deep (TemplateLimits.Depth)");
        }

        value.PrintRepr(this);
        _depth--;
    }

    public void List(string open, IEnumerable<Value> items, string close)
    {
        Append(open);
        string separator = "";
        foreach (Value item in items)
        {
            Append(separator);
            Repr(item);
            separator = ", ";
        }

        Append(close);
    }

    public void Map(IEnumerable<KeyValuePair<Value, Value>> items)
    {
        Append("{");
        string separator = "";
        foreach ((Value key, Value value) in items)
        {
            Append(separator);
            Repr(key);
            Append(": ");
            Repr(value);
            separator = ", ";
        }

        Append("}");
    }
}
