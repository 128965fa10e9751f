using Attune.Text.Patterns;
using Attune.Text.Patterns.Regex;

namespace Attune.Text.Tests.Patterns;

public class RegexPatternTests
{
    [Theory]
    [InlineData("a|ab", "abab", "a a")]
    [InlineData("ab?", "abaab", "ab a ab")]
    [InlineData("a+?", "aaa", "a a a")]
    [InlineData("a{2}", "aaaaa", "aa aa")]
    [InlineData("a{2,}", "aaaaa", "aaaaa")]
    [InlineData("a{,2}b", "aaab", "aab")]
    [InlineData("a{x", "aa{x", "a{x")]
    [InlineData("a++a", "aaa", "")]
    [InlineData("(?>a|ab)c", "abc ac", "ac")]
    [InlineData("(a*)*b", "aab", "aab")]
    [InlineData("(.)\\1+", "abbcccd", "bb ccc")]
    [InlineData("a(?=b)", "abaa", "a")]
    [InlineData("a(?!b)", "abaa", "a a")]
    [InlineData("(?<=b)a", "abaab", "a")]
    [InlineData("(?<!b)a", "abaab", "a a")]
    [InlineData("(?<=bb|c)a", "bbacaba", "a a")]
    [InlineData("(?i)straSSe", "STRASSE strasse", "STRASSE strasse")]
    [InlineData("(?i:'s)", "'s'S'\u017F", "'s 'S '\u017F")]
    [InlineData("a(?i)b|c", "aB aC C", "aB C C")]
    [InlineData("[a-c&&[^b]]+", "abcca", "a cca")]
    [InlineData("[^a-c]+", "abdec", "de")]
    [InlineData("[]a]+", "a]b", "a]")]
    [InlineData("[a-]+", "a-b", "a-")]
    [InlineData("[\\w&&[^\\d]]+", "ab1c", "ab c")]
    [InlineData("[[:alpha:]]+", "ab1c", "ab c")]
    [InlineData("\\x41\\x{1F600}", "A\U0001F600", "A\U0001F600")]
    [InlineData("\\u0041.", "A\U0001F600", "A\U0001F600")]
    [InlineData("\\p{Lu}\\P{Lu}", "aBcD", "Bc")]
    [InlineData("\\p{^L}+", "ab12c", "12")]
    [InlineData("\\p{Han}+", "a\u4E2D\u6587b", "\u4E2D\u6587")]
    [InlineData("^b$", "a\nb\nc", "b")]
    [InlineData("\\Aa", "aa", "a")]
    [InlineData("\\bb\\b", "a b ab", "b")]
    [InlineData("(?x) a b # c", "ab", "ab")]
    [InlineData("(?<name>a)b", "ab", "ab")]
    [InlineData("\\s+", "a\u0085b\u200Bc\u3000d", "\u0085 \u3000")]
    [InlineData("x*", "axxb", "xx")]
    public void Matches_as_Oniguruma(string pattern, string text, string expected)
    {
        var matches = new List<(int Start, int End)>();
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        RegexPattern.Compile(pattern, "test").FindAll(utf8, matches);

        Assert.Equal(expected, string.Join(' ', matches.Select(match => System.Text.Encoding.UTF8.GetString(utf8[match.Start..match.End]))));
    }

    [Theory]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("*a")]
    [InlineData("a\\")]
    [InlineData("\\p{Klingon}")]
    [InlineData("\\q")]
    [InlineData("[z-a]")]
    [InlineData("a{5,2}")]
    [InlineData("a{99999}")]
    [InlineData("((((a{1000}){1000}){1000}){1000}){1000}")]
    [InlineData("(?<=a*)b")]
    [InlineData("(?q)")]
    [InlineData("\\1(a)")]
    [InlineData("(a?)*\\1")]
    [InlineData("\\x{110000}")]
    public void Refuses_what_it_cannot_read(string pattern) =>
        Assert.StartsWith("test: ", Assert.Throws<TextException>(() => RegexPattern.Compile(pattern, "test")).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_deep_nesting()
    {
        Assert.Throws<TextException>(() => RegexPattern.Compile(new string('(', 100_000), "test"));
        Assert.Throws<TextException>(() => RegexPattern.Compile(new string('[', 100_000), "test"));
        Assert.Throws<TextException>(() => RegexPattern.Compile("a" + new string('+', 100_000), "test"));
    }

    [Theory]
    [InlineData("(a|a)*b")]
    [InlineData("(a*)*b")]
    [InlineData("(a+)+b")]
    [InlineData("a*a*a*b")]
    [InlineData("(?=a*b)a")]
    [InlineData("(?:(?=a)a*+)*b")]
    [InlineData("(a+)\\1b")]
    public void Costs_no_exponential_time(string pattern)
    {
        byte[] text = new byte[100_000];
        Array.Fill(text, (byte)'a');
        var matches = new List<(int Start, int End)>();
        try
        {
            RegexPattern.Compile(pattern, "test").FindAll(text, matches);
            Assert.Empty(matches);
        }
        catch (TextException error)
        {
            Assert.Contains("too many steps", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Cl100kPattern.ThreeDigits)]
    [InlineData(Cl100kPattern.OneDigit)]
    [InlineData(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    public void Hand_written_scanners_match_like_the_expression(string source)
    {
        ISplitPattern scanner = KnownPatterns.Compile(source, "test");
        RegexPattern expression = RegexPattern.Compile(source, "test");
        Assert.IsNotType<RegexPattern>(scanner);
        string[] parts = [" ", "  ", "\n", "\r", "\t", "'", "s", "S", "\u017F", "re", "LL", "a", "\u00E9", "\u0301", "1", "\u0663", "\u00B2", ".", "-", "\u3000", "\u0085", "\u200B", "\U0001F600", "\U00020000", "\U0001D7CE", "\u2028"];
        var random = new Random(11);
        for (int i = 0; i < 5000; i++)
        {
            byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)])));
            var expected = new List<(int, int)>();
            var actual = new List<(int, int)>();
            expression.FindAll(text, expected);
            scanner.FindAll(text, actual);
            Assert.Equal(expected, actual);
        }
    }
}
