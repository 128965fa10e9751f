using System.Reflection;

namespace Attune.Cli.Options;

/// <summary>Everything that a command can be told, generated from options records: each property is a key, its documentation the help.</summary>
internal sealed class OptionsSchema
{
    private readonly List<OptionKey> _keys = [];
    private readonly Dictionary<string, OptionKey> _byName = new(StringComparer.Ordinal);

    /// <summary>All keys in the order of their records.</summary>
    public IReadOnlyList<OptionKey> Keys => _keys;

    /// <summary>Adds the properties of a record; a key that is there already is shared.</summary>
    /// <param name="group">Heading in the help.</param>
    /// <param name="except">Keys that the command sets itself.</param>
    public OptionsSchema Add<T>(string group, params IReadOnlyList<string> except)
        where T : new()
    {
        Add(new T(), group, except);
        return this;
    }

    /// <summary>Finds a key by its name or its alias, hyphens counting as underscores; null when there is none.</summary>
    public OptionKey? Find(string name) => _byName.GetValueOrDefault(name.Replace('-', '_'));

    /// <summary>The name nearest to one that is not known; null when none resembles it.</summary>
    public string? Nearest(string name) => NearestName.Of(name.Replace('-', '_'), _byName.Keys);

    /// <summary>The properties of a record that can be set.</summary>
    public static IEnumerable<PropertyInfo> Properties(Type record) =>
        record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite);

    /// <summary>Whether a property is a record whose own properties are keys. Those named <c>...Kwargs</c> are one key with a mapping, as at Hugging Face.</summary>
    public static bool IsSection(PropertyInfo property) =>
        OptionValue.IsRecord(property.PropertyType) && !property.Name.EndsWith("Kwargs", StringComparison.Ordinal);

    private void Add(object record, string group, IReadOnlyList<string> except)
    {
        foreach (PropertyInfo property in Properties(record.GetType()))
        {
            string name = OptionKey.ToKey(property.Name);
            if (IsSection(property))
            {
                Add(property.GetValue(record)!, OptionDocs.Of(property).TrimEnd('.'), except);
            }
            else if (!except.Contains(name) && !_byName.ContainsKey(name))
            {
                string? alias = property.GetCustomAttribute<AliasAttribute>()?.Name;
                var key = new OptionKey(name, property.PropertyType, group, OptionDocs.Of(property), alias, property.GetValue(record));
                _keys.Add(key);
                _byName.Add(name, key);
                if (alias is not null)
                {
                    _byName.Add(alias, key);
                }
            }
        }
    }
}
