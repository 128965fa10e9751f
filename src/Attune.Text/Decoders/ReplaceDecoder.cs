using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;

namespace Attune.Text.Decoders;

/// <summary><c>Replace</c>: replaces the matches of a pattern in every token.</summary>
internal sealed class ReplaceDecoder(PatternSource source, ISplitPattern pattern, string content) : IDecoder
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ReplaceDecoder Read(JsonView json)
    {
        (PatternSource source, ISplitPattern pattern) = KnownPatterns.Read(json["pattern"]);
        return new ReplaceDecoder(source, pattern, json["content"].AsString());
    }

    /// <inheritdoc/>
    public void Decode(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            tokens[i] = source.IsRegex
                ? Replace(tokens[i])
                : source.Source.Length == 0 ? tokens[i] : tokens[i].Replace(source.Source, content, StringComparison.Ordinal);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        source.Write(json);
        json.WriteString("content", content);
        json.WriteEndObject();
    }

    private string Replace(string token)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(token);
        var result = new System.Text.StringBuilder();
        int position = 0;
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(text, matches);
        foreach ((int start, int end) in matches)
        {
            result.Append(System.Text.Encoding.UTF8.GetString(text, position, start - position)).Append(content);
            position = end;
        }

        return result.Append(System.Text.Encoding.UTF8.GetString(text, position, text.Length - position)).ToString();
    }
}
