using System.IO.Compression;
using System.Text.Json;
using Attune.Evaluation.Metrics;
using Attune.Testing;

namespace Attune.Evaluation.Tests;

/// <summary>Every case of the reference values whose metric is built; the tolerance is that of their README.</summary>
[Trait("Category", "Golden")]
public sealed class MetricGoldenTests
{
    private const double RelativeTolerance = 1e-9;

    [Fact]
    public void Intervals_of_shares()
    {
        using JsonDocument golden = Open("statistics.json");
        Assert.All(golden.RootElement.GetProperty("proportion_intervals_95").EnumerateArray(), item =>
        {
            (double low, double high) = ProportionInterval.Wilson95(item.GetProperty("k").GetInt32(), item.GetProperty("n").GetInt32());
            Close(item.GetProperty("wilson")[0], low, "low");
            Close(item.GetProperty("wilson")[1], high, "high");
        });
    }

    [Fact]
    public void Classes()
    {
        using JsonDocument golden = Open("classification.json");
        foreach (JsonElement item in Cases(golden))
        {
            ClassificationScores scores = ClassificationScores.Of(
                item.GetProperty("y_true").Ints(), item.GetProperty("y_pred").Ints(), item.TryGetProperty("labels", out JsonElement labels) ? labels.Ints() : null);
            string what = item.GetProperty("name").GetString()!;
            Close(item.GetProperty("accuracy"), scores.Accuracy, what);
            JsonElement micro = item.GetProperty("prf_micro_zd0");
            Close(micro[0], scores.Micro.Precision, what);
            Close(micro[1], scores.Micro.Recall, what);
            Close(micro[2], scores.Micro.F1, what);
            JsonElement macro = item.GetProperty("prf_macro_zd0");
            Close(macro[0], scores.MacroPrecision, what);
            Close(macro[1], scores.MacroRecall, what);
            Close(macro[2], scores.MacroF1, what);
            Close(item.GetProperty("prf_weighted_zd0")[2], scores.WeightedF1, what);
            JsonElement perClass = item.GetProperty("prf_per_class_zd0");
            for (int c = 0; c < scores.PerClass.Count; c++)
            {
                Close(perClass[0][c], scores.PerClass[c].Precision, what);
                Close(perClass[1][c], scores.PerClass[c].Recall, what);
                Close(perClass[2][c], scores.PerClass[c].F1, what);
                Close(perClass[3][c], scores.PerClass[c].Actual, what);
            }
        }
    }

    [Fact]
    public void Several_classes_at_once()
    {
        using JsonDocument golden = Open("multilabel.json");
        foreach (JsonElement item in golden.RootElement.EnumerateArray())
        {
            bool[] actual = [.. item.GetProperty("y").EnumerateArray().SelectMany(row => row.Ints()).Select(value => value == 1)];
            bool[] predicted = [.. item.GetProperty("pred").EnumerateArray().SelectMany(row => row.Ints()).Select(value => value == 1)];
            ClassificationScores scores = ClassificationScores.OfMultiLabel(actual, predicted, item.GetProperty("y")[0].GetArrayLength());
            Close(item.GetProperty("subset_accuracy"), scores.Accuracy, "accuracy");
            Close(item.GetProperty("prf_micro")[2], scores.Micro.F1, "micro");
            Close(item.GetProperty("prf_macro")[2], scores.MacroF1, "macro");
            Close(item.GetProperty("prf_weighted")[2], scores.WeightedF1, "weighted");
        }
    }

    [Fact]
    public void Names_in_rows_of_tags()
    {
        using JsonDocument golden = Open("seqeval.json.gz");
        foreach (JsonElement item in Cases(golden))
        {
            string what = item.GetProperty("name").GetString()!;
            string[][] actual = Tags(item.GetProperty("y_true"));
            string[][] predicted = Tags(item.GetProperty("y_pred"));
            JsonElement expected = item.GetProperty("default");
            RequireEqual(item.GetProperty("entities_true_default"), EntityScores.Find(actual), what);
            RequireEqual(item.GetProperty("entities_pred_default"), EntityScores.Find(predicted), what);
            if (expected.GetProperty("prf_micro")[0].ValueKind == JsonValueKind.Object)
            {
                Assert.Throws<ArgumentException>(() => EntityScores.Of(actual, predicted));
                continue;
            }

            EntityScores scores = EntityScores.Of(actual, predicted);
            JsonElement micro = expected.GetProperty("prf_micro");
            Close(micro[0], scores.Micro.Precision, what);
            Close(micro[1], scores.Micro.Recall, what);
            Close(micro[2], scores.Micro.F1, what);
            Close(expected.GetProperty("prf_macro")[2], scores.MacroF1, what);
            double[] perType = expected.GetProperty("prf_per_type")[2].Doubles();
            Assert.Equal(perType, scores.PerType.Values.Select(counts => counts.F1), (a, b) => Math.Abs(a - b) <= RelativeTolerance);
        }
    }

    [Fact]
    public void Answers()
    {
        using JsonDocument golden = Open("squad.json");
        List<AnswerScores> all = [];
        foreach (JsonElement item in Cases(golden))
        {
            string prediction = item.GetProperty("prediction").GetString()!;
            Assert.Equal(item.GetProperty("normalised").GetString(), AnswerScores.Normalize(prediction));
            var scores = AnswerScores.Best(prediction, [.. item.GetProperty("answers").EnumerateArray().Select(answer => answer.GetString()!)]);
            Close(item.GetProperty("em"), scores.ExactMatch, prediction);
            Close(item.GetProperty("f1"), scores.F1, prediction);
            all.Add(scores);
        }

        Close(golden.RootElement.GetProperty("em"), 100 * all.Average(scores => scores.ExactMatch), "em");
        Close(golden.RootElement.GetProperty("f1"), 100 * all.Average(scores => scores.F1), "f1");
    }

    [Fact]
    public void Overlap_of_summaries()
    {
        using JsonDocument golden = Open("rouge.json.gz");
        int compared = 0;
        foreach (JsonElement item in Cases(golden).Where(item => !item.GetProperty("stemmer").GetBoolean()))
        {
            string prediction = item.GetProperty("prediction").GetString()!;
            string reference = item.GetProperty("reference").GetString()!;
            JsonElement scores = item.GetProperty("scores");
            for (int size = 1; size <= 3; size++)
            {
                Compare(scores.GetProperty($"rouge{size}"), Rouge.OfNgrams(prediction, reference, size));
            }

            Compare(scores.GetProperty("rougeL"), Rouge.OfLongestSubsequence(prediction, reference));
            compared++;

            void Compare(JsonElement expected, Counts found)
            {
                Close(expected[0], found.Precision, prediction);
                Close(expected[1], found.Recall, prediction);
                Close(expected[2], found.F1, prediction);
            }
        }

        Assert.True(compared > 0);
    }

    [Fact]
    public void Translations()
    {
        using JsonDocument golden = Open("sacrebleu.json.gz");
        foreach (JsonElement pair in golden.RootElement.GetProperty("tokenize").GetProperty("13a").EnumerateArray())
        {
            Assert.Equal(pair[1].GetString(), Bleu.Tokenize(pair[0].GetString()!));
        }

        string[] texts = Texts(golden.RootElement.GetProperty("hypotheses"));
        string[][] references = [.. golden.RootElement.GetProperty("references").EnumerateArray().Select(Texts)];
        int compared = 0;
        foreach (JsonElement item in golden.RootElement.GetProperty("bleu").EnumerateArray())
        {
            if (!item.TryGetProperty("tokenize", out JsonElement tokenizer) || tokenizer.GetString() != "13a")
            {
                continue;
            }

            for (int count = 1; count <= references.Length; count++)
            {
                JsonElement expected = item.GetProperty($"corpus_{count}");
                var found = Bleu.Of(texts, [.. texts.Select((_, i) => (string[])[.. references.Take(count).Select(list => list[i])])], item.GetProperty("lowercase").GetBoolean());
                Close(expected[0], found.Score, "score");
                Assert.Equal(expected[1].Ints().Select(value => (long)value), found.Correct);
                Assert.Equal(expected[2].Ints().Select(value => (long)value), found.Total);
                Close(expected[4], found.BrevityPenalty, "brevity penalty");
                Assert.Equal(expected[5].GetInt64(), found.Tokens);
                Assert.Equal(expected[6].GetInt64(), found.ReferenceTokens);
                compared++;
            }
        }

        Assert.True(compared > 0);
    }

    private static JsonDocument Open(string name)
    {
        string path = Goldens.Require("text", "metrics", name);
        using Stream file = File.OpenRead(path);
        using Stream content = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        return JsonDocument.Parse(content);
    }

    private static JsonElement[] Cases(JsonDocument golden) => [.. golden.RootElement.GetProperty("cases").EnumerateArray()];

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(text => text.GetString()!)];

    private static string[][] Tags(JsonElement rows) => [.. rows.EnumerateArray().Select(Texts)];

    private static void RequireEqual(JsonElement expected, IReadOnlyList<Entity> found, string what)
    {
        Entity[] entities = [.. expected.EnumerateArray().Select(entity => new Entity(entity[0].GetString()!, entity[1].GetInt32(), entity[2].GetInt32()))];
        Assert.True(entities.SequenceEqual(found), $"{what}: expected {string.Join(", ", entities)}, found {string.Join(", ", found)}");
    }

    private static void Close(JsonElement expected, double found, string what)
    {
        double value = expected.ValueKind == JsonValueKind.String ? double.NaN : expected.GetDouble();
        Assert.True(
            double.IsNaN(value) ? double.IsNaN(found) : Math.Abs(value - found) <= RelativeTolerance * Math.Max(1, Math.Abs(value)), $"{what}: expected {value}, found {found}");
    }
}
