using System.Collections.Frozen;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The filters by name. Jinja's <c>pprint</c> and <c>urlize</c>, which no chat template uses, are left out.</summary>
internal static class KnownFilters
{
    private static readonly FrozenDictionary<string, Builtin> ByName = new[]
    {
        TextFilters.All,
        HtmlFilters.All,
        CollectionFilters.All,
        SortingFilters.All,
        MappingFilters.All,
        NumberFilters.All,
        JsonFilter.All,
    }.SelectMany(filters => filters).ToFrozenDictionary(filter => filter.Name);

    public static bool Has(string name) => ByName.ContainsKey(name);

    public static Builtin Get(string name) => ByName.GetValueOrDefault(name) ?? throw new TemplateFault(Unknown(name));

    public static string Unknown(string name) => $"there is no filter '{name}'";
}

/// <summary>The tests by name.</summary>
internal static class KnownTests
{
    private static readonly FrozenDictionary<string, Builtin> ByName = Tests.All.ToFrozenDictionary(test => test.Name);

    public static bool Has(string name) => ByName.ContainsKey(name);

    public static Builtin Get(string name) => ByName.GetValueOrDefault(name) ?? throw new TemplateFault(Unknown(name));

    public static string Unknown(string name) => $"there is no test '{name}'";
}

/// <summary>What every template finds under these names unless it sets them itself.</summary>
internal static class KnownGlobals
{
    private static readonly FrozenDictionary<string, Value> ByName = Globals.All
        .Select(function => KeyValuePair.Create<string, Value>(function.Name, new MethodValue(function, null, function.Name == "dict" ? DictMethods.Constructors : null)))
        .Append(new("self", TemplateReference.Instance))
        .ToFrozenDictionary();

    public static Value? Find(string name) => ByName.GetValueOrDefault(name);
}
