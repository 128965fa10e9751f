using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary><c>Replace</c>: replaces the matches of a string or a regular expression.</summary>
internal sealed class ReplaceNormalizer(PatternSource source, ISplitPattern pattern, string content) : INormalizer
{
    private readonly PatternReplacer _replacer = new(pattern, content);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ReplaceNormalizer Read(JsonView json)
    {
        (PatternSource source, ISplitPattern pattern) = KnownPatterns.Read(json["pattern"]);
        return new ReplaceNormalizer(source, pattern, json["content"].AsString());
    }

    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text) => !source.IsRegex && !_replacer.HasMatch(text);

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target) => _replacer.Rewrite(source, start, end, target);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        source.Write(json);
        json.WriteString("content", content);
        json.WriteEndObject();
    }
}

/// <summary>Replaces the matches of a pattern; the new text has the range of the last character of the match.</summary>
internal sealed class PatternReplacer(ISplitPattern pattern, string content) : IPieceRewriter
{
    [ThreadStatic]
    private static List<(int Start, int End)>? _matches;

    private readonly byte[] _content = System.Text.Encoding.UTF8.GetBytes(content);

    /// <summary>Whether there is anything to replace.</summary>
    public bool HasMatch(ReadOnlySpan<byte> text) => Find(text).Count > 0;

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        int position = start;
        foreach ((int matchStart, int matchEnd) in Find(source.Bytes[start..end]))
        {
            target.Append(source, position, start + matchStart);
            target.Append(_content, source, start + matchEnd - 1);
            position = start + matchEnd;
        }

        target.Append(source, position, end);
    }

    private List<(int Start, int End)> Find(ReadOnlySpan<byte> text)
    {
        List<(int Start, int End)> matches = _matches ??= [];
        matches.Clear();
        pattern.FindAll(text, matches);
        return matches;
    }
}
