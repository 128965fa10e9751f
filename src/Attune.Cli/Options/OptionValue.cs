using System.Globalization;
using System.Reflection;
using Attune.Adapters;
using YamlDotNet.RepresentationModel;

namespace Attune.Cli.Options;

/// <summary>A value was given for a key that does not take it.</summary>
/// <param name="expected">What the key takes.</param>
/// <param name="found">What was given.</param>
/// <param name="node">Where it stands.</param>
internal sealed class OptionValueException(string expected, string found, YamlNode node) : Exception($"expected {expected}, found {found}")
{
    public YamlNode Node { get; } = node;
}

/// <summary>Turns the nodes of a recipe, and the words of a command line, into the values of options records.</summary>
internal static class OptionValue
{
    /// <summary>Characters of which plain names of modules consist; anything else makes a text a regular expression.</summary>
    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

    /// <summary>Whether a type is one of the records that hold options.</summary>
    public static bool IsRecord(Type type) => type is { IsClass: true, Namespace: not null } && type != typeof(TargetSpec)
        && type.Namespace.StartsWith(nameof(Attune), StringComparison.Ordinal) && type.GetConstructor(Type.EmptyTypes) is not null;

    /// <summary>Whether a type takes several words.</summary>
    public static bool IsList(Type type) => type == typeof(TargetSpec) || (ElementOf(type) is { } element && PairValueOf(element) is null);

    /// <summary>Whether a type takes a mapping.</summary>
    public static bool IsMapping(Type type) => IsRecord(type) || (ElementOf(type) is { } element && PairValueOf(element) is not null);

    /// <summary>The type of a list's elements; null for what is no list.</summary>
    public static Type? ElementOf(Type type) => type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0]
        : null;

    /// <summary>The type of a pair's value; null for what is no pair.</summary>
    public static Type? PairValueOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) ? type.GetGenericArguments()[1] : null;

    /// <summary>Reads a value.</summary>
    /// <exception cref="OptionValueException">The node is not a value of the type.</exception>
    public static object? Read(YamlNode node, Type type)
    {
        if (IsNull(node))
        {
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? throw Wrong(Describe(type), node) : null;
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(TargetSpec) ? ReadTargets(node)
            : IsRecord(type) ? ReadRecord(node, type)
            : ElementOf(type) is { } element ? PairValueOf(element) is { } value ? ReadPairs(node, element, value) : ReadList(node, element)
            : ReadScalar(node, type);
    }

    /// <summary>What a type takes, for messages and help.</summary>
    public static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) ? "true or false"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : type == typeof(double) ? "a number"
            : type == typeof(string) ? "a text"
            : type == typeof(TargetSpec) ? "names, or one regular expression"
            : IsMapping(type) ? "a mapping such as {key: value}"
            : $"a list, each {Describe(ElementOf(type)!)}";
    }

    private static object ReadScalar(YamlNode node, Type type)
    {
        if (node is not YamlScalarNode { Value: { } text })
        {
            throw Wrong(Describe(type), node);
        }

        if (type == typeof(string))
        {
            return text;
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        object? value = null;
        if (type == typeof(bool) && bool.TryParse(text, out bool flag))
        {
            value = flag;
        }
        else if (type == typeof(int) && int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int number))
        {
            value = number;
        }
        else if (type == typeof(long) && long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out long large))
        {
            value = large;
        }
        else if (type == typeof(double) && double.TryParse(text, NumberStyles.Float, culture, out double real) && double.IsFinite(real))
        {
            value = real;
        }

        return value ?? throw Wrong(Describe(type), node);
    }

    private static Array ReadList(YamlNode node, Type element)
    {
        IList<YamlNode> nodes = node is YamlSequenceNode list ? list.Children : [node];
        var values = Array.CreateInstance(element, nodes.Count);
        for (int i = 0; i < nodes.Count; i++)
        {
            values.SetValue(ReadElement(nodes[i], element), i);
        }

        return values;
    }

    // A list within a list may be written as one text: the words of "8 9".
    private static object ReadElement(YamlNode node, Type element) => ElementOf(element) is not { } inner ? ReadScalar(node, element)
        : node is YamlScalarNode { Value: { } text }
        ? ReadList(new YamlSequenceNode(text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(word => new YamlScalarNode(word))), inner)
        : ReadList(node, inner);

    private static Array ReadPairs(YamlNode node, Type pair, Type value)
    {
        YamlMappingNode mapping = node as YamlMappingNode ?? throw Wrong($"a mapping of names to values, each {Describe(value)}", node);
        var values = Array.CreateInstance(pair, mapping.Children.Count);
        int i = 0;
        foreach ((YamlNode name, YamlNode inner) in mapping.Children)
        {
            values.SetValue(Activator.CreateInstance(pair, ReadElement(name, pair.GetGenericArguments()[0]), ReadScalar(inner, value)), i++);
        }

        return values;
    }

    private static object ReadRecord(YamlNode node, Type record)
    {
        YamlMappingNode mapping = node as YamlMappingNode ?? throw Wrong(Describe(record), node);
        var properties = OptionsSchema.Properties(record).ToDictionary(property => OptionKey.ToKey(property.Name));
        object result = Activator.CreateInstance(record)!;
        foreach ((YamlNode name, YamlNode value) in mapping.Children)
        {
            string key = (string)ReadScalar(name, typeof(string));
            if (!properties.TryGetValue(key, out PropertyInfo? property))
            {
                string near = NearestName.Of(key, properties.Keys) is { } nearest ? $" (did you mean '{nearest}'?)" : "";
                throw new OptionValueException($"one of the keys {string.Join(", ", properties.Keys)}", $"'{key}'{near}", name);
            }

            property.SetValue(result, Read(value, property.PropertyType));
        }

        return result;
    }

    // One plain name, given as a text, means the list of this name: as a regular expression it would match no full name of a module.
    private static TargetSpec ReadTargets(YamlNode node)
    {
        string[] names = (string[])ReadList(node, typeof(string));
        bool isPattern = node is not YamlSequenceNode && (names[0] == ModuleSelector.AllLinear || names[0].AsSpan().ContainsAnyExcept(NameCharacters));
        return isPattern ? new TargetSpec(names[0]) : new TargetSpec(names);
    }

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private static OptionValueException Wrong(string expected, YamlNode node) => new(expected, node switch
    {
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode => "a list",
        _ => "a mapping",
    }, node);
}
