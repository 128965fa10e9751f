using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Expressions;

/// <summary><c>a.name</c>: the attribute, else the item of this name.</summary>
internal sealed class AttributeAccess(int position, Expression target, string name) : Expression(position)
{
    private readonly StringValue _key = new(name);

    protected override Value Compute(Interpreter run)
    {
        Value value = target.Evaluate(run);
        run.Position = Position;
        return Lookup.Attribute(value, _key);
    }
}

/// <summary><c>a[key]</c>: the item, else the attribute of this name.</summary>
internal sealed class ItemAccess(int position, Expression target, Expression key) : Expression(position)
{
    protected override Value Compute(Interpreter run)
    {
        Value value = target.Evaluate(run);
        Value item = key.Evaluate(run);
        run.Position = Position;
        run.Charge(item.Weight);
        if (value is StringValue { HasSurrogatePairs: true })
        {
            run.ChargeFlat(value);
        }

        return Lookup.Item(value, item);
    }
}

/// <summary>Attributes and items within the sandbox.</summary>
internal static class Lookup
{
    /// <summary>The attribute, else the item of this name, else undefined.</summary>
    public static Value Attribute(Value value, StringValue name) =>
        value is UndefinedValue undefined ? throw undefined.Fault()
        : Member(value, name) ?? value.Item(name) ?? new UndefinedValue(value, name);

    /// <summary>The item, else the attribute of this name, else undefined.</summary>
    public static Value Item(Value value, Value key) =>
        value is UndefinedValue undefined ? throw undefined.Fault()
        : value.Item(key) ?? (key is StringValue name ? Member(value, name) : null) ?? new UndefinedValue(value, key);

    /// <summary>The value at a path such as <c>function.arguments.0</c>, as filters take it.</summary>
    public static Value Path(Value value, Value path, Value? fallback = null)
    {
        if (path is not StringValue text)
        {
            return Or(Item(value, path), fallback);
        }

        foreach (string part in text.Text.Split('.'))
        {
            bool isIndex = part.Length is > 0 and < 10 && !part.AsSpan().ContainsAnyExceptInRange('0', '9');
            value = Or(Item(value, isIndex ? IntValue.Of(int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)) : new StringValue(part)), fallback);
        }

        return value;
    }

    /// <summary>The attribute or method of this name, which for mappings is never an item; null when there is none.</summary>
    public static Value? Member(Value value, StringValue name)
    {
        // The inner workings of Python objects ("__class__") do not exist here; templates that look for them get the sandbox's answer.
        bool isInternal = name.Text.StartsWith("__", StringComparison.Ordinal) && name.Text.EndsWith("__", StringComparison.Ordinal);
        return isInternal || value.IsForbidden(name.Text)
            ? new UndefinedValue($"the sandbox does not allow '{name.Text}' of a value of type '{value.TypeName}'")
            : value.Attribute(name.Text);
    }

    private static Value Or(Value value, Value? fallback) => value is UndefinedValue && fallback is not null ? fallback : value;
}
