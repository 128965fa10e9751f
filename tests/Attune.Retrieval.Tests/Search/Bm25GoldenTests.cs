using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Attune.Retrieval.Search;
using Attune.Testing;

namespace Attune.Retrieval.Tests.Search;

/// <summary>Searches of the Cranfield collection with the scores of the reference.</summary>
[Trait("Category", "Golden")]
public sealed class Bm25GoldenTests
{
    private static readonly Dictionary<string, Bm25Options> Settings = new()
    {
        ["okapi"] = new Bm25Options { Variant = Bm25Variant.Okapi, K1 = 1.5 },
        ["lucene"] = new Bm25Options(),
        ["lucene_k0.9_b0.4"] = new Bm25Options { K1 = 0.9, B = 0.4 },
    };

    [Fact]
    public void Documents_scores_and_order_are_those_of_the_reference()
    {
        JsonElement root = JsonElement.Parse(File.ReadAllBytes(Goldens.Require("text", "data", "bm25_cranfield.json")));
        (string Number, string Text)[] documents = [.. Documents(Goldens.RequireData("cranfield", "cran.all.1400.gz"))];
        Dictionary<string, Bm25Index> indexes = Settings.ToDictionary(setting => setting.Key, setting => Bm25Index.Create(documents.Select(document => document.Text), setting.Value));
        Assert.All(indexes.Values, index =>
        {
            Assert.Equal((root.GetProperty("documents").GetInt32(), root.GetProperty("vocabulary").GetInt32()), (index.Documents, index.VocabularySize));
            Assert.Equal(root.GetProperty("average_length").GetDouble(), index.AverageLength, 1e-9);
        });
        foreach (JsonElement query in root.GetProperty("queries").EnumerateArray())
        {
            string text = query.GetProperty("query").GetString()!;
            Assert.Equal(query.GetProperty("terms").EnumerateArray().Select(term => term.GetString()!), Terms.Of(text));
            foreach (JsonProperty variant in query.EnumerateObject().Where(property => property.Name is not ("query_number" or "query" or "terms")))
            {
                Bm25Index index = indexes[variant.Name];
                IReadOnlyList<SearchHit> hits = index.Search(text, variant.Value.GetArrayLength());
                Assert.Equal(variant.Value.EnumerateArray().Select(hit => hit[0].GetString()!), hits.Select(hit => documents[hit.Document].Number));
                foreach ((JsonElement expected, SearchHit hit) in variant.Value.EnumerateArray().Zip(hits))
                {
                    Assert.Equal(expected[1].GetDouble(), hit.Score, 1e-9 * hit.Score);
                    Assert.Equal(hit.Score, index.Score(text, documents[hit.Document].Text), 1e-9 * hit.Score);
                }
            }
        }
    }

    /// <summary>Titles and abstracts (.T, .W) with the numbers of their documents.</summary>
    private static IEnumerable<(string Number, string Text)> Documents(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress), Encoding.Latin1);
        string number = "";
        string field = "";
        Dictionary<string, string> fields = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith(".I ", StringComparison.Ordinal))
            {
                if (number.Length > 0)
                {
                    yield return (number, $"{fields.GetValueOrDefault(".T")} {fields.GetValueOrDefault(".W")}");
                }

                (number, field) = (line[3..].Trim(), "");
                fields.Clear();
            }
            else if (line.Trim() is ".T" or ".A" or ".B" or ".W")
            {
                // Of a field that stands twice the reference has the second.
                field = line.Trim();
                fields[field] = "";
            }
            else
            {
                fields[field] = $"{fields.GetValueOrDefault(field)} {line}";
            }
        }

        yield return (number, $"{fields.GetValueOrDefault(".T")} {fields.GetValueOrDefault(".W")}");
    }
}
