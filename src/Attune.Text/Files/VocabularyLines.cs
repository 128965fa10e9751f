namespace Attune.Text.Files;

/// <summary>Text files of one entry a line.</summary>
internal static class VocabularyLines
{
    /// <summary>The lines without their line breaks; a line break at the end of the file starts no further line.</summary>
    /// <exception cref="TextException">The content is not UTF-8.</exception>
    public static List<string> Read(ReadOnlySpan<byte> utf8, string file)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            throw new TextException($"{file}: expected text in UTF-8");
        }

        var lines = new List<string>();
        while (!utf8.IsEmpty)
        {
            int end = utf8.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? utf8 : utf8[..end];
            lines.Add(System.Text.Encoding.UTF8.GetString(line.EndsWith((byte)'\r') ? line[..^1] : line));
            utf8 = end < 0 ? default : utf8[(end + 1)..];
        }

        return lines;
    }
}
