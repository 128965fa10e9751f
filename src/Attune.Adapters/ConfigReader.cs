using System.Text.Json;

namespace Attune.Adapters;

/// <summary>Reads typed values of an <c>adapter_config.json</c>; every error names the file, the key, what was expected and what was found.</summary>
internal sealed class ConfigReader
{
    private readonly JsonElement _root;
    private readonly string _path;
    private readonly HashSet<string> _asked = [];

    public ConfigReader(JsonElement root, string path)
    {
        _root = root;
        _path = path;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new AdapterException($"file: {path}: expected a JSON object, found {root.ValueKind}");
        }
    }

    public string? Text(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a text", value);

    public bool? Bool(string key) => Find(key) is not { } value ? null : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false", value);

    public int? Int(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, "an integer", value);

    public double? Double(string key) => Find(key) is not { } value ? null : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : throw Wrong(key, "a number", value);

    public IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(entry => entry.GetString()!)]
            : throw Wrong(key, "a list of texts", value);
    }

    public string? TextOrOne(string key) => Find(key) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 1 ? list[0].GetString() : Text(key);

    public IReadOnlyList<int>? IntsOrOne(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            return [Int(key)!.Value];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.Number && entry.TryGetInt32(out _))
            ? [.. value.EnumerateArray().Select(entry => entry.GetInt32())]
            : throw Wrong(key, "an integer or a list of integers", value);
    }

    public TargetSpec? Targets(string key) => Find(key) is not { } value
        ? null
        : value.ValueKind == JsonValueKind.String ? new TargetSpec(value.GetString()!) : new TargetSpec(Texts(key)!);

    public IReadOnlyList<KeyValuePair<string, T>> Map<T>(string key, Func<JsonElement, T> convert)
    {
        if (Find(key) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(key, "an object of numbers", value);
        }

        try
        {
            return [.. value.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, convert(entry.Value)))];
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw Wrong(key, "an object of numbers", value);
        }
    }

    /// <summary>How the update starts does not matter once it is read; PEFT knows more ways than are built here.</summary>
    public string Initialisation(string key) => Find(key) is { ValueKind: JsonValueKind.String } value && value.GetString() == "gaussian" ? "gaussian" : "true";

    /// <summary>Refuses variants that would change the numbers.</summary>
    public void RequireOff(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            bool off = Find(key) is not { } value
                || value.ValueKind == JsonValueKind.False
                || (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any())
                || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);
            if (!off)
            {
                throw new AdapterException($"file: {_path}: key '{key}' is {Find(key)!.Value.GetRawText()}: this variant of LoRA is not supported");
            }
        }
    }

    /// <summary>Refuses keys that nobody asked for.</summary>
    public void RequireKnown(IEnumerable<string> neutral)
    {
        _asked.UnionWith(neutral);
        foreach (JsonProperty property in _root.EnumerateObject())
        {
            if (!_asked.Contains(property.Name) && property.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
            {
                throw new AdapterException($"file: {_path}: unknown key '{property.Name}' with the value {property.Value.GetRawText()}: it may change what the adapter computes");
            }
        }
    }

    private JsonElement? Find(string key)
    {
        _asked.Add(key);
        return _root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private AdapterException Wrong(string key, string expected, JsonElement found) =>
        new($"file: {_path}: key '{key}': expected {expected}, found {found.GetRawText()}");
}
