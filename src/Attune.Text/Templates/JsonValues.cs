using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Turns JSON into values; numbers with a point or an exponent are floats, others integers.</summary>
internal static class JsonValues
{
    private const int MaxDepth = 256;

    /// <summary>Converts a node; <c>null</c> becomes none.</summary>
    /// <exception cref="TextException">The node is nested too deep, has a key twice or text that is no valid UTF-16.</exception>
    public static Value Convert(JsonNode? node)
    {
        try
        {
            return Convert(node, 0);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or FormatException or TemplateFault)
        {
            throw new TextException($"the JSON for a chat template cannot be used: {error.Message}", error);
        }
    }

    private static Value Convert(JsonNode? node, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidOperationException($"it is nested more than {MaxDepth} deep");
        }

        return node switch
        {
            null => NoneValue.Instance,
            JsonArray array => new ListValue([.. array.Select(item => Convert(item, depth + 1))]),
            JsonObject properties => new DictValue(Entries(properties, depth + 1)),
            _ => Scalar((JsonValue)node),
        };
    }

    private static OrderedDictionary<Value, Value> Entries(JsonObject properties, int depth)
    {
        var entries = new OrderedDictionary<Value, Value>(properties.Count);
        foreach ((string name, JsonNode? value) in properties)
        {
            entries[new StringValue(name)] = Convert(value, depth);
        }

        return entries;
    }

    private static Value Scalar(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.True => BoolValue.True,
        JsonValueKind.False => BoolValue.False,
        JsonValueKind.Null => NoneValue.Instance,
        JsonValueKind.String => new StringValue(value.GetValue<string>()),
        JsonValueKind.Number => Numeric(value),
        var kind => throw new InvalidOperationException($"'{kind}' is no JSON"),
    };

    private static Value Numeric(JsonValue value)
    {
        // A node made from a .NET double is a float even when it is written without a point.
        if (value.TryGetValue(out double number) && !value.TryGetValue(out JsonElement _) && !value.TryGetValue(out long _))
        {
            return new FloatValue(number);
        }

        string text = value.ToJsonString();
        bool isInteger = !text.AsSpan().ContainsAny('.', 'e', 'E');
        return isInteger && text.Length <= Number.MaxDigits
            ? IntValue.Of(BigInteger.Parse(text, CultureInfo.InvariantCulture))
            : new FloatValue(double.Parse(text, CultureInfo.InvariantCulture));
    }
}
