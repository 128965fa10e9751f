using System.Text.Json;

namespace Attune.Text.Json;

/// <summary>A value of a JSON file that knows its place; everything that is not as expected becomes a <see cref="TextException"/> that names the place.</summary>
internal readonly struct JsonView
{
    private readonly JsonElement _element;
    private readonly string _file;
    private readonly string _parent;
    private readonly string? _name;
    private readonly int _index;

    // The path is put together only when it is needed: vocabularies have hundreds of thousands of values.
    private JsonView(JsonElement element, string file, string parent, string? name, int index = 0)
    {
        _element = element;
        _file = file;
        _parent = parent;
        _name = name;
        _index = index;
    }

    /// <summary>File and JSON path of the value.</summary>
    public string Place => $"{_file}: {Path}";

    /// <summary>Whether the value is missing or null.</summary>
    public bool IsAbsent => _element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>Whether the value is a string.</summary>
    public bool IsString => _element.ValueKind == JsonValueKind.String;

    /// <summary>Whether the value is an object.</summary>
    public bool IsObject => _element.ValueKind == JsonValueKind.Object;

    /// <summary>Whether the value is an array.</summary>
    public bool IsArray => _element.ValueKind == JsonValueKind.Array;

    /// <summary>A member of an object; absent when there is none.</summary>
    public JsonView this[string name]
    {
        get
        {
            Expect(JsonValueKind.Object, "an object");
            return new JsonView(_element.TryGetProperty(name, out JsonElement member) ? member : default, _file, Path, name);
        }
    }

    /// <summary>The root of a document.</summary>
    public static JsonView Root(JsonDocument document, string file) => new(document.RootElement, file, "$", "");

    /// <summary>An error at this place.</summary>
    public TextException Error(string message) => new($"{Place}: {message}");

    /// <summary>The string.</summary>
    public string AsString()
    {
        Expect(JsonValueKind.String, "a string");
        try
        {
            return _element.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new TextException($"{Place}: expected text, found an escape of half a surrogate pair", error);
        }
    }

    /// <summary>The string, which is one character (code point).</summary>
    public string AsCharacter()
    {
        string text = AsString();
        return text.Length == 1 || (text.Length == 2 && char.IsSurrogatePair(text, 0)) ? text : throw Error($"expected one character, found '{Shorten(text)}'");
    }

    /// <summary>The integer.</summary>
    public int AsInt32()
    {
        Expect(JsonValueKind.Number, "an integer");
        return _element.TryGetInt32(out int value) ? value : throw Error($"expected an integer of 32 bits, found {Shorten(_element.GetRawText())}");
    }

    /// <summary>The integer, which is not negative.</summary>
    public int AsCount() => AsInt32() is >= 0 and int value ? value : throw Error($"expected an integer that is not negative, found {AsInt32()}");

    /// <summary>The number.</summary>
    public double AsDouble()
    {
        Expect(JsonValueKind.Number, "a number");
        return _element.TryGetDouble(out double value) && double.IsFinite(value) ? value : throw Error($"expected a finite number, found {Shorten(_element.GetRawText())}");
    }

    /// <summary>The truth value.</summary>
    public bool AsBoolean() => _element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Unexpected("true or false"),
    };

    /// <summary>A string member; null when absent.</summary>
    public string? OptionalString(string name) => this[name] is { IsAbsent: false } member ? member.AsString() : null;

    /// <summary>A truth value member; a default when absent.</summary>
    public bool OptionalBoolean(string name, bool absent = false) => this[name] is { IsAbsent: false } member ? member.AsBoolean() : absent;

    /// <summary>Number of members of the object.</summary>
    public int ObjectCount()
    {
        Expect(JsonValueKind.Object, "an object");
        return _element.GetPropertyCount();
    }

    /// <summary>Number of items of the array.</summary>
    public int ArrayCount()
    {
        Expect(JsonValueKind.Array, "an array");
        return _element.GetArrayLength();
    }

    /// <summary>An item of the array.</summary>
    public JsonView At(int index) => new(_element[index], _file, Path, null, index);

    /// <summary>The items of the array.</summary>
    public IEnumerable<JsonView> Items()
    {
        Expect(JsonValueKind.Array, "an array");
        string path = Path;
        int index = 0;
        foreach (JsonElement item in _element.EnumerateArray())
        {
            yield return new JsonView(item, _file, path, null, index++);
        }
    }

    /// <summary>The members of the object.</summary>
    public IEnumerable<(string Name, JsonView Value)> Members()
    {
        Expect(JsonValueKind.Object, "an object");
        string path = Path;
        foreach (JsonProperty member in _element.EnumerateObject())
        {
            string name = NameOf(member);
            yield return (name, new JsonView(member.Value, _file, path, name));
        }
    }

    /// <summary>The object as tokens with their ids.</summary>
    public List<(string Token, int Id)> AsVocabulary()
    {
        var tokens = new List<(string, int)>(ObjectCount());
        foreach ((string token, JsonView id) in Members())
        {
            tokens.Add((token, id.AsInt32()));
        }

        return tokens;
    }

    /// <summary>The value, independent of its document.</summary>
    public JsonElement Clone() => _element.Clone();

    private string Path => _name switch
    {
        null => $"{_parent}[{_index}]",
        "" => _parent,
        _ => $"{_parent}.{_name}",
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..37] + "...";

    private string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException error)
        {
            throw new TextException($"{Place}: expected names that are text, found an escape of half a surrogate pair", error);
        }
    }

    private void Expect(JsonValueKind kind, string expected)
    {
        if (_element.ValueKind != kind)
        {
            throw Unexpected(expected);
        }
    }

    private TextException Unexpected(string expected)
    {
        string found = _element.ValueKind switch
        {
            JsonValueKind.Undefined => "nothing",
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            _ => Shorten(_element.GetRawText()),
        };
        return Error($"expected {expected}, found {found}");
    }
}
