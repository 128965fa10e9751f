using System.Text.Json;

namespace Attune.Text.Patterns;

/// <summary>A pattern that finds its matches in UTF-8 text from left to right.</summary>
internal interface ISplitPattern
{
    /// <summary>Finds the first match at or after a position.</summary>
    /// <returns>Whether there is one.</returns>
    bool Find(ReadOnlySpan<byte> text, int from, out int start, out int end);
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
