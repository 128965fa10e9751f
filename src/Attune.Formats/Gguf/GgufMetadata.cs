using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Attune.Formats;

/// <summary>The metadata of a GGUF file: keys and typed values in file order.</summary>
/// <remarks>The .NET type of a value is its type in the file: <see cref="byte"/>, <see cref="sbyte"/>, <see cref="ushort"/>, <see cref="short"/>, <see cref="uint"/>, <see cref="int"/>,
/// <see cref="ulong"/>, <see cref="long"/>, <see cref="float"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="string"/>, a one-dimensional array of one of them, or <c>Array[]</c> for arrays of arrays.</remarks>
public sealed class GgufMetadata
{
    private readonly OrderedDictionary<string, object> _values = new(StringComparer.Ordinal);

    /// <summary>Makes empty metadata; <paramref name="location"/> is the file that error messages name.</summary>
    public GgufMetadata(string location = "new file")
    {
        Location = location;
    }

    /// <summary>The file that error messages name.</summary>
    public string Location { get; }

    /// <summary>Keys and values in file order.</summary>
    public IReadOnlyCollection<KeyValuePair<string, object>> Pairs => _values;

    /// <summary>The value of a key; setting one that exists keeps its place.</summary>
    /// <exception cref="ModelFileException">There is no such key.</exception>
    /// <exception cref="ArgumentException">The value set is of a type that GGUF does not have.</exception>
    public object this[string key]
    {
        get => _values.TryGetValue(key, out object? value) ? value : throw Bad(key, "expected a value, found none");
        set
        {
            if (!GgufValueTypes.IsValue(value.GetType()))
            {
                throw new ArgumentException($"GGUF has no values of type {value.GetType()} (key '{key}')", nameof(value));
            }

            _values[key] = value;
        }
    }

    /// <summary>Whether a key has a value.</summary>
    public bool ContainsKey(string key) => _values.ContainsKey(key);

    /// <summary>Finds the value of a key.</summary>
    /// <returns>False when there is no such key.</returns>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object value) => _values.TryGetValue(key, out value);

    /// <summary>A text, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no text.</exception>
    public string? GetString(string key) => Get<string>(key, "a text");

    /// <summary>A truth value, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no truth value.</exception>
    public bool? GetBoolean(string key) => _values.TryGetValue(key, out object? value) ? value as bool? ?? throw Wrong(key, "true or false") : null;

    /// <summary>An integer of any width, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no integer or beyond 32 bits.</exception>
    public int? GetInt32(string key)
    {
        if (!_values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value is byte or sbyte or ushort or short or uint or int or ulong or long
            && Convert.ToDecimal(value, CultureInfo.InvariantCulture) is >= int.MinValue and <= int.MaxValue and decimal number
            ? (int)number
            : throw Wrong(key, "an integer of 32 bits");
    }

    /// <summary>A positive integer that has to be there.</summary>
    /// <exception cref="ModelFileException">The key is absent or its value is no positive integer.</exception>
    public int RequirePositive(string key) => GetInt32(key) is int value and > 0 ? value : throw Wrong(key, "a positive integer");

    /// <summary>A finite number of any type, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no number, infinite or NaN.</exception>
    public double? GetDouble(string key)
    {
        if (!_values.TryGetValue(key, out object? value))
        {
            return null;
        }

        return value is not (string or bool or Array) && Convert.ToDouble(value, CultureInfo.InvariantCulture) is double number && double.IsFinite(number)
            ? number
            : throw Wrong(key, "a finite number");
    }

    /// <summary>An array of texts, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no array of texts.</exception>
    public IReadOnlyList<string>? GetStrings(string key) => Get<string[]>(key, "an array of texts");

    /// <summary>An array of bytes, signed or not; empty when the key is missing.</summary>
    /// <exception cref="ModelFileException">The value is something else.</exception>
    public byte[] GetBytes(string key) => Get<Array>(key, "an array of bytes") switch
    {
        null => [],
        byte[] bytes => bytes,
        sbyte[] bytes => (byte[])(Array)bytes,
        _ => throw Wrong(key, "an array of bytes"),
    };

    /// <summary>An array of 32-bit integers (unsigned ones are taken as they are), or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no such array.</exception>
    public IReadOnlyList<int>? GetInt32s(string key) => Get<Array>(key, "an array of 32-bit integers") switch
    {
        null => null,
        uint[] values => [.. values.Select(v => unchecked((int)v))],
        int[] values => values,
        _ => throw Wrong(key, "an array of 32-bit integers"),
    };

    /// <summary>An array of single-precision numbers, or null when the key is absent.</summary>
    /// <exception cref="ModelFileException">The value is no such array.</exception>
    public IReadOnlyList<float>? GetSingles(string key) => Get<float[]>(key, "an array of single-precision numbers");

    private T? Get<T>(string key, string expected)
        where T : class => _values.TryGetValue(key, out object? value) ? value as T ?? throw Wrong(key, expected) : null;

    private ModelFileException Wrong(string key, string expected)
    {
        string found = !_values.TryGetValue(key, out object? value) ? "none" : value switch
        {
            Array array => $"an array of {array.Length} {value.GetType().GetElementType()!.Name}",
            string text => $"\"{text[..Math.Min(text.Length, 60)]}\"",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
        return Bad(key, $"expected {expected}, found {found}");
    }

    private ModelFileException Bad(string key, string problem) => ModelFileException.At(Location, $"key '{key}'", problem);
}
