using System.Text.Json;

namespace Attune.Text.Patterns;

/// <summary>A pattern that finds its matches in UTF-8 text; immutable, shared by threads.</summary>
internal interface ISplitPattern
{
    /// <summary>Adds all matches that are not empty, from left to right.</summary>
    void FindAll(ReadOnlySpan<byte> text, List<(int Start, int End)> matches);
}

/// <summary>A pattern of whose matches every character belongs to exactly one.</summary>
internal interface ICoveringPattern : ISplitPattern
{
    /// <summary>The end of the match that starts at a position before the end of the text.</summary>
    int MatchEnd(ReadOnlySpan<byte> text, int start);

    /// <inheritdoc/>
    void ISplitPattern.FindAll(ReadOnlySpan<byte> text, List<(int Start, int End)> matches)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = MatchEnd(text, start);
            matches.Add((start, end));
            start = end;
        }
    }
}

/// <summary>A pattern as tokenizer.json spells it: a string or a regular expression.</summary>
/// <param name="Source">The spelling.</param>
/// <param name="IsRegex">Whether it is a regular expression.</param>
internal sealed record PatternSource(string Source, bool IsRegex)
{
    /// <summary>Writes the pattern as tokenizer.json has it.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("pattern");
        json.WriteString(IsRegex ? "Regex" : "String", Source);
        json.WriteEndObject();
    }
}
