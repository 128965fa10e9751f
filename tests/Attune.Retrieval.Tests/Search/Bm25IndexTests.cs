using Attune.Retrieval.Search;

namespace Attune.Retrieval.Tests.Search;

public sealed class Bm25IndexTests
{
    [Theory]
    [InlineData("Don't PANIC, it's 42!", "don t panic it s 42")]
    [InlineData("Schöne Grüße", "schöne grüße")]
    [InlineData("今天 is 好", "今 天 is 好")]
    [InlineData("हिन्दी में", "हिन्दी में")]
    [InlineData("\ud800x", "x")]
    [InlineData("", "")]
    public void Terms_are_words_in_lower_case_and_single_characters_without_blanks(string text, string expected) => Assert.Equal(expected, string.Join(' ', Terms.Of(text)));

    [Fact]
    public void Only_documents_with_a_term_are_found_and_equal_ones_in_their_order()
    {
        Bm25Index index = Bm25Index.Create(["red fish", "blue fish", "one cat", "blue fish"]);
        Assert.Equal([1, 3, 0], index.Search("blue fish", 10).Select(hit => hit.Document));
        Assert.Equal([1, 3], index.Search("blue fish", 2).Select(hit => hit.Document));
        Assert.Empty(index.Search("green", 10));
        Assert.Empty(index.Search("fish", 0));
    }

    [Fact]
    public void An_index_may_be_empty_and_documents_without_terms()
    {
        Assert.Empty(Bm25Index.Create([]).Search("fish", 3));
        Assert.Equal((2, 0.0), (Bm25Index.Create(["", "..."]).Documents, Bm25Index.Create(["", "..."]).AverageLength));
        Assert.Equal(0, Bm25Index.Create([]).Score("fish", "fish"));
    }

    [Theory]
    [InlineData(Bm25Variant.Lucene)]
    [InlineData(Bm25Variant.Okapi)]
    public void Scores_are_finite_and_terms_that_repeat_in_the_query_count_again(Bm25Variant variant)
    {
        Bm25Index index = Bm25Index.Create(["a b", "a", "a c c", "d"], new Bm25Options { Variant = variant });
        Assert.All(index.Search("a b c d", 10), hit => Assert.True(double.IsFinite(hit.Score)));
        Assert.Equal(2 * index.Score("c", "a c c"), index.Score("c c", "a c c"), 12);
    }
}
