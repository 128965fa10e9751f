using System.Collections;

namespace Attune.Text.Json;

/// <summary>The components of one kind that tokenizer.json can name, by their <c>type</c>.</summary>
/// <param name="kind">What the components are, for errors.</param>
internal sealed class ComponentList<T>(string kind) : IEnumerable<KeyValuePair<string, Func<JsonView, T>>>
{
    private readonly SortedDictionary<string, Func<JsonView, T>> _readers = new(StringComparer.Ordinal);

    /// <summary>Adds a component.</summary>
    public void Add(string type, Func<JsonView, T> read) => _readers.Add(type, read);

    /// <summary>Reads a component by its type.</summary>
    /// <exception cref="TextException">The type is missing or not known.</exception>
    public T Read(JsonView json)
    {
        JsonView type = json["type"];
        return _readers.TryGetValue(type.AsString(), out Func<JsonView, T>? read)
            ? read(json)
            : throw type.Error($"there is no {kind} '{type.AsString()}'; known are {string.Join(", ", _readers.Keys)}");
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Func<JsonView, T>>> GetEnumerator() => _readers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
