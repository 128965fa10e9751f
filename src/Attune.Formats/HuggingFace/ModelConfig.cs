using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The values of a Hugging Face <c>config.json</c>, read by key with checks; a key that is absent or null counts as not given.</summary>
/// <remarks>Both spellings of what transformers renamed are understood: <c>dtype</c> and <c>torch_dtype</c> (<see cref="DType"/>), <c>rope_parameters</c> and <c>rope_theta</c> with <c>rope_scaling</c> (<see cref="Rope"/>).</remarks>
public sealed class ModelConfig
{
    /// <summary>The largest number that <see cref="GetCount"/> takes, far above that of any model.</summary>
    public const int MostParts = 1 << 16;

    /// <summary>The largest number that <see cref="GetWidth"/> takes, far above that of any model.</summary>
    public const int MostFeatures = 1 << 26;

    private static readonly string Width = $"an integer from 1 to {MostFeatures}";

    private readonly JsonElement _root;
    private readonly string _prefix;

    /// <summary>Makes a configuration from values; <paramref name="location"/> is the file that error messages name.</summary>
    public ModelConfig(JsonObject values, string location = "config.json")
        : this(Freeze(values), location, "")
    {
    }

    private ModelConfig(JsonElement root, string location, string prefix)
    {
        _root = root;
        _prefix = prefix;
        Location = location;
    }

    /// <summary>The file that error messages name.</summary>
    public string Location { get; }

    /// <summary>All keys in the order of the file.</summary>
    public IEnumerable<string> Keys => _root.EnumerateObject().Select(p => p.Name);

    /// <summary>Family of the model, such as <c>llama</c>.</summary>
    /// <exception cref="ModelFileException">The key <c>model_type</c> is absent or no text.</exception>
    public string ModelType => GetString("model_type");

    /// <summary>Class names of the model, such as <c>LlamaForCausalLM</c>; empty when not given.</summary>
    /// <exception cref="ModelFileException">The value is no list of texts.</exception>
    public IReadOnlyList<string> Architectures => FindStrings("architectures") ?? [];

    /// <summary>Element type in which the weights were saved (<c>dtype</c>, formerly <c>torch_dtype</c>), or null when not given.</summary>
    /// <exception cref="ModelFileException">The value is none of <c>float32</c>, <c>float16</c>, <c>bfloat16</c>, <c>float64</c>.</exception>
    public DType? DType
    {
        get
        {
            string key = Present("dtype", "torch_dtype");
            return FindString(key) switch
            {
                null or "auto" => null,
                "float32" or "torch.float32" => Tensors.DType.F32,
                "float16" or "torch.float16" => Tensors.DType.F16,
                "bfloat16" or "torch.bfloat16" => Tensors.DType.BF16,
                "float64" or "torch.float64" => Tensors.DType.F64,
                _ => throw Wrong(key, "\"float32\", \"float16\", \"bfloat16\" or \"float64\""),
            };
        }
    }

    /// <summary>Ids that end a text: <c>eos_token_id</c>, one or a list; empty when not given.</summary>
    /// <exception cref="ModelFileException">The value is neither.</exception>
    public IReadOnlyList<int> EosTokenIds => FindInt32s("eos_token_id") ?? [];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFileException">The file cannot be opened, is no JSON object, or is larger than 16 MiB.</exception>
    public static ModelConfig Load(string path) => Parse(ReadableFile.ReadAll(path, JsonFile.MaxConfigBytes), path);

    /// <summary>Reads JSON text in UTF-8.</summary>
    /// <exception cref="ModelFileException">The text is no JSON object.</exception>
    public static ModelConfig Parse(ReadOnlyMemory<byte> utf8, string location)
    {
        using JsonDocument document = JsonFile.Parse(utf8, location);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? new ModelConfig(document.RootElement.Clone(), location, "")
            : throw new ModelFileException($"file: {location}: expected a JSON object, found {JsonFile.Show(document.RootElement)}");
    }

    /// <summary>Whether a key is given and not null.</summary>
    public bool Has(string key) => TryFind(key, out _);

    /// <summary>Whether a key is given as null, which turns off some settings that are on where the key is absent.</summary>
    public bool IsNull(string key) => _root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>The first of several spellings of a key that is given; the first of all when none is.</summary>
    public string Present(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (Has(key))
            {
                return key;
            }
        }

        return keys[0];
    }

    /// <summary>An integer from 1 on.</summary>
    /// <exception cref="ModelFileException">The key is absent or the value is no positive integer.</exception>
    public int GetPositive(string key) => FindPositive(key) ?? throw Wrong(key, "a positive integer");

    /// <summary>An integer from 1 on, or <paramref name="fallback"/> when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no positive integer.</exception>
    public int GetPositive(string key, int fallback) => FindPositive(key) ?? fallback;

    /// <summary>An integer from 1 on, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no positive integer.</exception>
    public int? FindPositive(string key) => TryFind(key, out JsonElement value)
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number > 0 ? number : throw Wrong(key, "a positive integer")
        : null;

    /// <summary>How many parts of a kind (layers, heads, experts) a model has: an integer from 1 to <see cref="MostParts"/>, so that lists of them can be made before the weights are looked at.</summary>
    /// <exception cref="ModelFileException">The key is absent and there is no fallback, or the value is no such integer.</exception>
    public int GetCount(string key, int? fallback = null)
    {
        string expected = $"an integer from 1 to {MostParts}";
        int count = FindPositive(key) ?? fallback ?? throw Wrong(key, expected);
        return count <= MostParts ? count : throw Wrong(key, expected);
    }

    /// <summary>How many features a layer takes or gives: an integer from 1 to <see cref="MostFeatures"/>, so that sums of some widths can be counted.</summary>
    /// <exception cref="ModelFileException">The key is absent and there is no fallback, or the value is no such integer.</exception>
    public int GetWidth(string key, int? fallback = null) => FindWidth(key) ?? fallback ?? throw Wrong(key, Width);

    /// <summary>An integer from 1 to <see cref="MostFeatures"/>, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no such integer.</exception>
    public int? FindWidth(string key) => FindPositive(key) is { } width ? width <= MostFeatures ? width : throw Wrong(key, Width) : null;

    /// <summary>An integer of 32 bits, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no integer of 32 bits.</exception>
    public int? FindInt32(string key) => TryFind(key, out JsonElement value) ? Int32(key, value) : null;

    /// <summary>A number.</summary>
    /// <exception cref="ModelFileException">The key is absent or the value is no number.</exception>
    public double GetDouble(string key) => FindDouble(key) ?? throw Wrong(key, "a number");

    /// <summary>A number, or <paramref name="fallback"/> when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no number.</exception>
    public double GetDouble(string key, double fallback) => FindDouble(key) ?? fallback;

    /// <summary>A number, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no number.</exception>
    public double? FindDouble(string key) => TryFind(key, out JsonElement value) ? Double(key, value) : null;

    /// <summary>What a norm adds to a variance before its root: a number from 0 to less than 1, or <paramref name="fallback"/> when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no such number.</exception>
    public double GetEpsilon(string key, double fallback) => FindDouble(key) switch
    {
        null => fallback,
        { } epsilon and >= 0 and < 1 => epsilon,
        _ => throw Wrong(key, "a number from 0 to less than 1"),
    };

    /// <summary>Ids of tokens (a single one counts as a list of one); empty when the key is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="vocabulary">How many tokens there are.</param>
    /// <exception cref="ModelFileException">The value is something else, or an id lies outside the vocabulary.</exception>
    public IReadOnlyList<int> TokenIds(string key, int vocabulary)
    {
        IReadOnlyList<int> ids = FindInt32s(key) ?? [];
        return ids.All(id => id >= 0 && id < vocabulary) ? ids : throw Wrong(key, $"ids of the vocabulary, from 0 to {vocabulary - 1} (correct the key or leave it out)");
    }

    /// <summary>A truth value, or <paramref name="fallback"/> when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is neither true nor false.</exception>
    public bool GetBoolean(string key, bool fallback) => !TryFind(key, out JsonElement value) ? fallback : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    /// <summary>A text.</summary>
    /// <exception cref="ModelFileException">The key is absent or the value is no text.</exception>
    public string GetString(string key) => FindString(key) ?? throw Wrong(key, "a text");

    /// <summary>A text, or <paramref name="fallback"/> when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no text.</exception>
    public string GetString(string key, string fallback) => FindString(key) ?? fallback;

    /// <summary>A text, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no text.</exception>
    public string? FindString(string key) => TryFind(key, out JsonElement value) ? Text(key, value) : null;

    /// <summary>A list of integers (a single one counts as a list of one), or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is neither.</exception>
    public IReadOnlyList<int>? FindInt32s(string key) => FindList(key, Int32);

    /// <summary>A list of lists of integers, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is something else.</exception>
    public IReadOnlyList<IReadOnlyList<int>>? FindInt32Lists(string key) => FindList(key, Int32s);

    /// <summary>A list of pairs, each a list of integers and a number, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is something else.</exception>
    public IReadOnlyList<KeyValuePair<IReadOnlyList<int>, double>>? FindWeightedLists(string key) => FindList(key, (_, pair) =>
        pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
            ? KeyValuePair.Create(Int32s(key, pair[0]), Double(key, pair[1]))
            : throw Wrong(key, "a list of pairs, each a list of integers and a number"));

    /// <summary>Whether the value of a key is a text.</summary>
    public bool IsText(string key) => TryFind(key, out JsonElement value) && value.ValueKind == JsonValueKind.String;

    /// <summary>A list of numbers (a single one counts as a list of one), or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is neither.</exception>
    public IReadOnlyList<double>? FindDoubles(string key) => FindList(key, Double);

    /// <summary>A list of texts (a single one counts as a list of one), or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is neither.</exception>
    public IReadOnlyList<string>? FindStrings(string key) => FindList(key, Text);

    /// <summary>An object within this one, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no object.</exception>
    public ModelConfig? FindSection(string key) => !TryFind(key, out JsonElement value) ? null : value.ValueKind == JsonValueKind.Object
        ? new ModelConfig(value, Location, $"{_prefix}{key}.")
        : throw Wrong(key, "an object");

    /// <summary>The objects of a list, or null when the key is absent or its value is no list.</summary>
    /// <exception cref="ModelFileException">An element of the list is no object.</exception>
    public IReadOnlyList<ModelConfig>? FindSections(string key) => !TryFind(key, out JsonElement value) || value.ValueKind != JsonValueKind.Array ? null :
    [
        .. value.EnumerateArray().Select((element, i) => element.ValueKind == JsonValueKind.Object
            ? new ModelConfig(element, Location, $"{_prefix}{key}[{i}].")
            : throw Wrong(key, "a list of objects")),
    ];

    /// <summary>Whether the value of a key is an object.</summary>
    public bool IsObject(string key) => TryFind(key, out JsonElement value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>The parameters of the rotary embedding in the new spelling, whichever the file uses: <c>rope_type</c> (<c>default</c> when not given), <c>rope_theta</c> and those of the type.</summary>
    /// <param name="defaultTheta">The family's <c>rope_theta</c> for files that give none.</param>
    /// <param name="layerType">Which part of files that give parameters per kind of layer, such as <c>sliding_attention</c>; null for the others.</param>
    /// <exception cref="ModelFileException">A value is of the wrong kind, or there is no part for the kind of layer.</exception>
    public ModelConfig Rope(double defaultTheta = 10_000, string? layerType = null) => RopeSection.Read(this, defaultTheta, layerType);

    /// <summary>A copy with one key set (null: removed).</summary>
    public ModelConfig With(string key, JsonNode? value)
    {
        JsonObject values = ToJsonObject();
        values.Remove(key);
        if (value is not null)
        {
            values.Add(key, value.DeepClone());
        }

        return new ModelConfig(Freeze(values), Location, _prefix);
    }

    /// <summary>The values as a new object that can be changed.</summary>
    public JsonObject ToJsonObject() => JsonObject.Create(_root)!.DeepClone().AsObject();

    /// <summary>The text of a <c>config.json</c>: sorted keys, indented by two, as transformers writes it.</summary>
    public string ToJson() => JsonFile.Write(ToJsonObject());

    /// <summary>An error about a key: what was expected, and what the file has.</summary>
    public ModelFileException Wrong(string key, string expected)
    {
        string found = _root.TryGetProperty(key, out JsonElement value) ? JsonFile.Show(value) : "nothing";
        return ModelFileException.At(Location, $"key '{_prefix}{key}'", $"expected {expected}, found {found}");
    }

    private static JsonElement Freeze(JsonObject values)
    {
        using JsonDocument document = JsonDocument.Parse(values.ToJsonString());
        return document.RootElement.Clone();
    }

    private bool TryFind(string key, out JsonElement value) => _root.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private int Int32(string key, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, "an integer of 32 bits");

    private IReadOnlyList<int> Int32s(string key, JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(id => Int32(key, id))]
        : throw Wrong(key, "a list of lists of integers");

    // transformers 5 writes numbers that JSON lacks as {"__float__": "Infinity"}.
    private double Double(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDouble(out double number) => number,
        JsonValueKind.Object when value.TryGetProperty("__float__", out JsonElement word) && word.ValueKind == JsonValueKind.String => word.GetString() switch
        {
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            "NaN" => double.NaN,
            _ => throw Wrong(key, "a number"),
        },
        _ => throw Wrong(key, "a number"),
    };

    private string Text(string key, JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, "a text");

    private List<T>? FindList<T>(string key, Func<string, JsonElement, T> read)
    {
        if (!TryFind(key, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => read(key, v))] : [read(key, value)];
    }
}
