using System.Reflection;
using Attune.Cli.Models;
using YamlDotNet.RepresentationModel;

namespace Attune.Cli.Options;

/// <summary>The values that a user gave; what was not given keeps its default.</summary>
internal sealed class OptionValues(OptionsSchema schema)
{
    private readonly Dictionary<string, object?> _given = new(StringComparer.Ordinal);

    /// <summary>Finds what addresses on the hub stand for; without it they are no addresses.</summary>
    public HubPlaces? Places { get; set; }

    /// <summary>What can be given.</summary>
    public OptionsSchema Schema => schema;

    /// <summary>Whether a key was given.</summary>
    public bool Has(string name) => _given.ContainsKey(name);

    /// <summary>What a key stands at: the value given, else its default.</summary>
    public object? Get(OptionKey key) => _given.TryGetValue(key.Name, out object? value) ? value : key.Default;

    /// <summary>Sets a value that was read already.</summary>
    public void Set(string name, object? value) => _given[name] = value;

    /// <summary>Reads a value for a key; a later one replaces an earlier one.</summary>
    /// <exception cref="OptionValueException">The node is not a value of the key's type.</exception>
    public void Read(OptionKey key, YamlNode node) => _given[key.Name] = OptionValue.Read(node, key.Type);

    /// <summary>Takes the values of others; they replace those given before.</summary>
    public void Override(OptionValues others)
    {
        Places ??= others.Places;
        foreach ((string name, object? value) in others._given)
        {
            _given[name] = value;
        }
    }

    /// <summary>Makes a record with the values given.</summary>
    public T Build<T>()
        where T : new()
    {
        object record = new T();
        Fill(record);
        return (T)record;
    }

    /// <summary>Makes a record with the values given; what was not given is as in another one.</summary>
    /// <param name="defaults">The other one, which is changed.</param>
    public T Build<T>(T defaults)
        where T : class
    {
        Fill(defaults);
        return defaults;
    }

    // A recipe keeps the address; only the records that are made of it have the place.
    private object? Located(PropertyInfo property, object? value) => (property.GetCustomAttribute<PlaceAttribute>(), Places, value) switch
    {
        ({ } place, { } places, string text) => places.Find(text, place)[0],
        ({ } place, { } places, IReadOnlyList<string> texts) => texts.SelectMany(text => places.Find(text, place)).ToList(),
        _ => value,
    };

    private void Fill(object record)
    {
        foreach (PropertyInfo property in OptionsSchema.Properties(record.GetType()))
        {
            if (OptionsSchema.IsSection(property))
            {
                object section = Activator.CreateInstance(property.PropertyType)!;
                Fill(section);
                property.SetValue(record, section);
            }
            else if (_given.TryGetValue(OptionKey.ToKey(property.Name), out object? value))
            {
                property.SetValue(record, Located(property, value));
            }
        }
    }
}
