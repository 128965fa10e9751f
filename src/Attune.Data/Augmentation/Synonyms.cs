using System.Text.Json;

namespace Attune.Data.Augmentation;

/// <summary>Words that may stand for others.</summary>
public sealed class Synonyms
{
    private const long MaxFileBytes = 64 << 20;
    private const int MaxDepth = 4;

    private readonly Dictionary<string, string[]> _words = new(StringComparer.Ordinal);

    /// <summary>Makes a list of synonyms.</summary>
    /// <param name="words">The synonyms of each word.</param>
    /// <param name="nameForErrors">What errors call the list.</param>
    /// <exception cref="DataException">A word has none, or there are no words.</exception>
    public Synonyms(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> words, string nameForErrors = "synonyms")
    {
        foreach ((string word, IReadOnlyList<string> synonyms) in words)
        {
            string key = KeyOf(word);
            string[] others = [.. synonyms.Where(other => !string.IsNullOrWhiteSpace(other) && other != word)];
            if (key.Length == 0 || key.Any(char.IsWhiteSpace) || others.Length == 0)
            {
                throw new DataException($"{nameForErrors}: '{word}': expected one word with at least one other word as its synonym, found {(others.Length == 0 ? "no synonym" : "no word, or several")}.");
            }

            _words[key] = _words.TryGetValue(key, out string[]? before) ? [.. before, .. others] : others;
        }

        if (_words.Count == 0)
        {
            throw new DataException($"{nameForErrors}: expected words with their synonyms, found none.");
        }
    }

    /// <summary>Words that have synonyms.</summary>
    public int Count => _words.Count;

    /// <summary>Reads a JSON file: an object of words, each with a list of its synonyms or one synonym as a text.</summary>
    /// <exception cref="DataException">The file cannot be read or holds something else.</exception>
    public static Synonyms Load(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxFileBytes })
            {
                throw new DataException($"{path}: expected at most {MaxFileBytes} bytes of synonyms.");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new Synonyms(document.RootElement.EnumerateObject().Select(word => KeyValuePair.Create(word.Name, Read(word.Value, word.Name, path))), path)
                : throw new DataException($"{path}: expected a JSON object of words with their synonyms, such as {{\"quick\": [\"fast\", \"speedy\"]}}; found {Rows.RowColumns.Kind(document.RootElement)}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DataException($"{path}: expected a JSON object of words with their synonyms, such as {{\"quick\": [\"fast\", \"speedy\"]}}; it is no JSON ({e.Message}).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(e is FileNotFoundException or DirectoryNotFoundException ? $"{path}: there is no such file of synonyms." : $"{path}: cannot be read ({e.Message}).", e);
        }
    }

    /// <summary>The synonyms of a word; none if it is not known.</summary>
    /// <param name="word">The word, as <see cref="KeyOf"/> gives it.</param>
    public IReadOnlyList<string> Of(string word) => _words.GetValueOrDefault(word) ?? [];

    /// <summary>A word as it is looked up: in lower case, without the punctuation around it.</summary>
    public static string KeyOf(string word)
    {
        (int start, int end) = Core(word);
#pragma warning disable CA1308 // the list of synonyms is written in lower case
        return word[start..end].ToLowerInvariant();
#pragma warning restore CA1308
    }

    /// <summary>Another word in the place of one, with the punctuation that was around it and a capital if it had one.</summary>
    internal static string PutInto(string word, string other)
    {
        (int start, int end) = Core(word);
        string put = start < end && char.IsUpper(word[start]) ? char.ToUpperInvariant(other[0]) + other[1..] : other;
        return word[..start] + put + word[end..];
    }

    private static (int Start, int End) Core(string word)
    {
        int start = 0;
        int end = word.Length;
        while (start < end && IsPunctuation(word[start]))
        {
            start++;
        }

        while (end > start && IsPunctuation(word[end - 1]))
        {
            end--;
        }

        return (start, end);
    }

    private static bool IsPunctuation(char letter) => char.IsPunctuation(letter) || char.IsSymbol(letter);

    private static IReadOnlyList<string> Read(JsonElement value, string word, string path) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) => [.. value.EnumerateArray().Select(item => item.GetString()!)],
        _ => throw new DataException($"{path}: '{word}': expected a list of synonyms, found {Rows.RowColumns.Kind(value)}{(value.ValueKind == JsonValueKind.Array ? " with something else than texts in it" : "")}."),
    };
}
