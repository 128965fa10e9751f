using System.Text.Json;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Retrieval.Processing;
using Attune.Testing;

namespace Attune.Retrieval.Tests.Processing;

public sealed class NegativeMinerTests : IDisposable
{
    private const string Pairs = """
        {"query": "where do red foxes live", "answer": "Red foxes live in forests."}
        {"query": "Where do red foxes live?", "answer": "In dens: red foxes live in dens."}
        {"query": "where do grey wolves live", "answer": "Grey wolves live in packs."}
        {"query": "what do bees make", "answer": "Bees make honey."}
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Negatives_share_words_and_are_no_answers_of_the_same_anchor()
    {
        NegativesReport report = Run(new NegativesOptions());
        string[] lines = File.ReadAllLines(_folder["out.jsonl"]);
        Assert.Equal("""{"anchor":"where do red foxes live","positive":"Red foxes live in forests.","negative":"Grey wolves live in packs."}""", lines[0]);
        Assert.Equal(["Grey wolves live in packs.", "Grey wolves live in packs."], lines[..2].Select(line => Column(line, "negative")));
        Assert.Equal((4L, 3L, 4), (report.RowsRead, report.RowsWritten, report.CorpusTexts));
        Assert.Equal((1L, 4L), (Assert.Single(report.LeftOut).Rows, report.LeftOut[0].First[0].Line));
        Assert.Equal(3, JsonElement.Parse(report.ToJson()).GetProperty("rows_written").GetInt32());
    }

    [Fact]
    public void A_corpus_is_searched_instead_and_the_likeliest_answers_are_passed_over()
    {
        const string Corpus = """
            {"text": "Red foxes live in forests!"}
            {"text": "Red foxes live nearly everywhere."}
            {"text": "Red pandas live in forests."}
            {"text": "Wolves live in packs."}
            """;
        Run(new NegativesOptions { NumNegatives = 2, RangeMin = 2 }, Corpus);
        string line = File.ReadLines(_folder["out.jsonl"]).First();
        Assert.Equal(["anchor", "positive", "negative_1", "negative_2"], JsonElement.Parse(line).EnumerateObject().Select(column => column.Name));
        Assert.Equal(["Red pandas live in forests.", "Wolves live in packs."], new[] { "negative_1", "negative_2" }.Select(column => Column(line, column)));

        Run(new NegativesOptions { MaxScoreShare = 0.6 }, Corpus);
        Assert.Equal("Red pandas live in forests.", Column(File.ReadLines(_folder["out.jsonl"]).First(), "negative"));
    }

    [Fact]
    public void What_cannot_be_is_said()
    {
        Refused("num_negatives must be from 1 to 64; it is 0", new NegativesOptions { NumNegatives = 0 });
        Refused("max_score_share must be above 0", new NegativesOptions { MaxScoreShare = double.NaN });
        Refused("there are no texts to search in corpus.jsonl", new NegativesOptions(), "\n");
        Refused("corpus.jsonl, line 1: a column is missing: expected one of text, content, document, passage, positive, found x; say which it is with corpus_column", new NegativesOptions(), """{"x": "y"}""");
        Refused("a second text is missing: negatives are looked for to pairs", new NegativesOptions { TextColumn = "query" });
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static string Column(string line, string name) => JsonElement.Parse(line).GetProperty(name).GetString()!;

    private static DataFile InMemory(string name, string text) => new(name, () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)));

    private void Refused(string message, NegativesOptions options, string? corpus = null) =>
        Assert.Contains(message, Assert.Throws<DataException>(() => Run(options, corpus)).Message, StringComparison.Ordinal);

    private NegativesReport Run(NegativesOptions options, string? corpus = null) =>
        NegativeMiner.Run([InMemory("a.jsonl", Pairs)], corpus is null ? [] : [InMemory("corpus.jsonl", corpus)], _folder["out.jsonl"], new DataFileOptions(), options);
}
