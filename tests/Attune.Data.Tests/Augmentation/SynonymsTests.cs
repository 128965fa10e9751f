using Attune.Data.Augmentation;
using Attune.Testing;

namespace Attune.Data.Tests.Augmentation;

public sealed class SynonymsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Punctuation_and_capitals_around_a_word_stay()
    {
        Synonyms synonyms = Synonyms.Load(_folder.Write("s.json", """{"Quick": ["fast", "quick"], "dog": "hound"}"""));
        Assert.Equal(2, synonyms.Count);
        Assert.Equal(["fast", "quick"], synonyms.Of("quick"));
        Assert.Equal(["\"Fast,", "hound!)"], WordEdits.Replace(["\"Quick,", "dog!)"], [new("quick", 0), new("dog", 0)], synonyms));
    }

    [Theory]
    [InlineData("[1]", "expected a JSON object of words with their synonyms")]
    [InlineData("{", "it is no JSON")]
    [InlineData("{}", "found none")]
    [InlineData("""{"a": 3}""", "'a': expected a list of synonyms, found a number")]
    [InlineData("""{"a": ["b", 3]}""", "'a': expected a list of synonyms, found an array with something else")]
    [InlineData("""{"a": ["a"]}""", "'a': expected one word with at least one other word")]
    [InlineData("""{"a b": ["c"]}""", "'a b': expected one word")]
    [InlineData("""{"\ud800": ["c"]}""", "it is no JSON")]
    public void A_bad_list_is_named_with_what_it_should_be(string text, string expected)
    {
        string path = _folder.Write("s.json", text);
        string message = Assert.Throws<DataException>(() => Synonyms.Load(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_list_is_named() =>
        Assert.Contains("there is no such file of synonyms", Assert.Throws<DataException>(() => Synonyms.Load(_folder["none.json"])).Message, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();
}
