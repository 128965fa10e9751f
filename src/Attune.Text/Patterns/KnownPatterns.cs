using Attune.Text.Json;
using Attune.Text.Patterns.Regex;
using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>The regular expressions that have a hand-written scanner, by their exact spelling.</summary>
internal static class KnownPatterns
{
    private static readonly Dictionary<string, ISplitPattern> All = new(StringComparer.Ordinal)
    {
        { Gpt2Pattern.Sources[0], Gpt2Pattern.Instance },
        { Gpt2Pattern.Sources[1], Gpt2Pattern.Instance },
        { Gpt2Pattern.Sources[2], Gpt2Pattern.Instance },
        { Cl100kPattern.ThreeDigits, new Cl100kPattern(3) },
        { Cl100kPattern.OneDigit, new Cl100kPattern(1) },
        { @"\s+", new ClassPattern(CharacterClass.Space, single: false) },
        { @"\p{N}", new ClassPattern(CharacterClass.Number, single: true) },
    };

    /// <summary>The pattern of an object <c>{"String": ...}</c> or <c>{"Regex": ...}</c>.</summary>
    /// <exception cref="TextException">It is neither, or the regular expression cannot be read.</exception>
    public static (PatternSource Source, ISplitPattern Pattern) Read(JsonView json)
    {
        if (json["String"] is { IsAbsent: false } text)
        {
            return (new PatternSource(text.AsString(), IsRegex: false), new StringPattern(text.AsString()));
        }

        JsonView regex = json["Regex"];
        if (regex.IsAbsent)
        {
            throw json.Error("expected an object with 'String' or 'Regex'");
        }

        return (new PatternSource(regex.AsString(), IsRegex: true), Compile(regex.AsString(), regex.Place));
    }

    /// <summary>The pattern of a regular expression.</summary>
    /// <exception cref="TextException">It cannot be read.</exception>
    public static ISplitPattern Compile(string source, string place) =>
        All.TryGetValue(source, out ISplitPattern? known) ? known : RegexPattern.Compile(source, place);
}
