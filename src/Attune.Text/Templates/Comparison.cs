using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Python's comparisons.</summary>
internal static class Comparison
{
    /// <summary>Whether two values compare as the operator says; an order between values of different kinds is an error.</summary>
    public static bool Holds(Interpreter run, string symbol, Value a, Value b) => symbol switch
    {
        "==" => AreEqual(run, a, b),
        "!=" => !AreEqual(run, a, b),
        "in" => Contains(run, b, a),
        "not in" => !Contains(run, b, a),
        "<" => Order(run, symbol, a, b) < 0,
        "<=" => Order(run, symbol, a, b) <= 0,
        ">" => Order(run, symbol, a, b) > 0,
        _ => Order(run, symbol, a, b) >= 0,
    };

    public static bool AreEqual(Interpreter run, Value a, Value b)
    {
        run.Charge(Math.Min(a.Weight, b.Weight));
        return a.Equals(b);
    }

    /// <summary>The order of two values; null when there is none (NaN).</summary>
    public static int? Order(Interpreter run, string symbol, Value a, Value b)
    {
        run.Charge(Math.Min(a.Weight, b.Weight));
        return (a, b) switch
        {
            (UndefinedValue undefined, _) => throw undefined.Fault(),
            (_, UndefinedValue undefined) => throw undefined.Fault(),
            (StringValue x, StringValue y) => PythonText.Compare(x.Text, y.Text),
            (SequenceValue x, SequenceValue y) when x.TypeName == y.TypeName => OrderElements(run, symbol, x.Elements, y.Elements),
            _ when Number.IsNumber(a) && Number.IsNumber(b) => Number.Compare(a, b),
            _ => throw new TemplateFault($"'{symbol}' does not compare values of type '{a.TypeName}' and '{b.TypeName}'"),
        };
    }

    private static int? OrderElements(Interpreter run, string symbol, Value[] a, Value[] b)
    {
        for (int i = 0; i < a.Length && i < b.Length; i++)
        {
            if (!AreEqual(run, a[i], b[i]))
            {
                return Order(run, symbol, a[i], b[i]);
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    private static bool Contains(Interpreter run, Value container, Value item)
    {
        switch (container)
        {
            case StringValue text:
                run.ChargeFlat(text);
                return item is StringValue part
                    ? TextSearch.IndexOf(text.Text, part.Text) >= 0
                    : throw new TemplateFault($"'in' looks for a string in a string, found a value of type '{item.TypeName}'");
            case DictValue dict:
                run.Charge(item.Weight);
                return item is ListValue or DictValue ? throw new TemplateFault($"a value of type '{item.TypeName}' cannot be a key") : dict.Entries.ContainsKey(item);
            default:
                return run.Iterate(container).Any(element => AreEqual(run, element, item));
        }
    }
}
