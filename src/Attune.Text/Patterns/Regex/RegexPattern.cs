using Attune.Text.Unicode;

namespace Attune.Text.Patterns.Regex;

/// <summary>Matches a regular expression over code points.</summary>
internal sealed class RegexPattern : ISplitPattern
{
    private readonly RegexProgram _program;

    private RegexPattern(RegexProgram program) => _program = program;

    /// <summary>Compiles an expression.</summary>
    /// <exception cref="TextException">It cannot be read.</exception>
    public static RegexPattern Compile(string source, string place) => new(RegexProgram.Compile(source, place));

    /// <inheritdoc/>
    public void FindAll(ReadOnlySpan<byte> text, List<(int Start, int End)> matches)
    {
        var matcher = new RegexMatcher(_program, text);
        for (int start = 0; start < text.Length;)
        {
            int end = matcher.Match(start);
            if (end > start)
            {
                matches.Add((start, end));
                start = end;
                continue;
            }

            Utf8.Decode(text, start, out int size);
            start += size;
        }
    }
}
