using System.Text.Json;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Models.Heads;
using Attune.Testing;
using Attune.Text;

namespace Attune.Evaluation.Tests.Encoders;

/// <summary>A task of the real runs: how the reference made its rows, and with what it trained.</summary>
/// <param name="Name">Name of the run's file.</param>
/// <param name="HeadFile">File with the head that it started from.</param>
/// <param name="Head">The head.</param>
/// <param name="ProblemType">Its problem, for classifiers.</param>
/// <param name="MaxLength">Most tokens of a row.</param>
/// <param name="BatchSize">Rows of a step.</param>
/// <param name="Epochs">Passes over the rows.</param>
internal abstract record EncoderTask(string Name, string HeadFile, ModelHead Head, string? ProblemType, int MaxLength, int BatchSize, int Epochs)
{
    public static IReadOnlyList<EncoderTask> All { get; } = [new Sst2("sst2_full"), new Sst2("sst2_lora"), new Banking(), new Wikigold(), new Pairs(), new Sentiment(), new Questions()];

    /// <summary>The rows' kind.</summary>
    protected abstract RowTask Rows { get; }

    /// <summary>The labels in the reference's order; null for none.</summary>
    public abstract LabelSet? Labels { get; }

    /// <summary>Names of the figures in the run's file and in ours, with the set that they are of.</summary>
    public abstract IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; }

    /// <summary>The rows to train on, and sets to score.</summary>
    public abstract (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer);

    protected IReadOnlyList<EncodedExample> Encode(Tokenizer tokenizer, IEnumerable<TaskExample> examples, TaskOptions? options = null)
    {
        var encoder = new TaskEncoder(tokenizer, MaxLength, options ?? new TaskOptions()) { Labels = Labels };
        return [.. examples.AsParallel().AsOrdered().Select(example => Rows.Encode(example, encoder))];
    }

    protected IReadOnlyList<EncodedExample> File(Tokenizer tokenizer, string path, DataFileOptions options, TaskColumnOptions? columns = null)
    {
        var task = TaskExamples.Read([new DataFile(path)], options, Rows, columns ?? new TaskColumnOptions(), new TaskOptions());
        return Encode(tokenizer, task.Examples);
    }

    protected static string Text(params string[] parts)
    {
        using Stream content = new DataFile(Goldens.RequireData(parts)).Open();
        using var reader = new StreamReader(content);
        return reader.ReadToEnd();
    }

    protected static IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Test(IReadOnlyList<EncodedExample> rows) => new Dictionary<string, IReadOnlyList<EncodedExample>> { ["test"] = rows };

    private sealed record Sst2(string Run) : EncoderTask(Run, "sst2_full", KnownHeads.SequenceClassification, "single_label_classification", 64, 32, 1)
    {
        private static readonly DataFileOptions Options = new() { Format = "tsv", ColumnNames = ["sentence", "label"], Quoting = "none" };

        protected override RowTask Rows { get; } = new ClassifyRows();

        public override LabelSet Labels { get; } = new(["0", "1"]);

        public override IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; } = [("accuracy_dev", "accuracy", "dev"), ("accuracy_test", "accuracy", "test")];

        public override (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer) =>
            (Set(tokenizer, "train.tsv.gz"), new Dictionary<string, IReadOnlyList<EncodedExample>> { ["dev"] = Set(tokenizer, "dev.tsv"), ["test"] = Set(tokenizer, "test.tsv.gz") });

        private IReadOnlyList<EncodedExample> Set(Tokenizer tokenizer, string name) => File(tokenizer, Goldens.RequireData("sst2", name), Options);
    }

    private sealed record Banking() : EncoderTask("banking77", "banking77_head", KnownHeads.SequenceClassification, "single_label_classification", 64, 32, 2)
    {
        protected override RowTask Rows { get; } = new ClassifyRows();

        public override LabelSet Labels { get; } = new(JsonSerializer.Deserialize<string[]>(Text("banking77", "categories.json"))!);

        public override IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; } = [("accuracy_test", "accuracy", "test")];

        public override (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer) =>
            (File(tokenizer, Goldens.RequireData("banking77", "train.csv.gz"), new DataFileOptions()), Test(File(tokenizer, Goldens.RequireData("banking77", "test.csv.gz"), new DataFileOptions())));
    }

    /// <summary>Tags I- made IOB2: a run of one type is one name. Sentence i with i mod 5 = 4 is tested.</summary>
    private sealed record Wikigold() : EncoderTask("ner_wikigold", "ner_head", KnownHeads.TokenClassification, null, 128, 16, 3)
    {
        protected override RowTask Rows { get; } = new TagRows();

        public override LabelSet Labels { get; } = new(["O", "B-LOC", "I-LOC", "B-MISC", "I-MISC", "B-ORG", "I-ORG", "B-PER", "I-PER"]);

        public override IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; } = [("f1", "f1", "test"), ("precision", "precision", "test"), ("recall", "recall", "test"), ("token_accuracy", "accuracy", "test")];

        public override (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer)
        {
            IReadOnlyList<EncodedExample> all = Encode(tokenizer, Sentences());
            return ([.. all.Where((_, i) => i % 5 != 4)], Test([.. all.Where((_, i) => i % 5 == 4)]));
        }

        private static IEnumerable<TaskExample> Sentences()
        {
            List<string> words = [];
            List<string> tags = [];
            string before = "O";
            foreach (string line in Text("ner_wikigold", "wikigold.conll.txt.gz").Split('\n').Append(""))
            {
                if (line.Trim().Length == 0)
                {
                    if (words.Count > 0 && words[0] != "-DOCSTART-")
                    {
                        yield return new TaggedExample(new RowPlace("wikigold", 0), [.. words], [.. tags]);
                    }

                    (words, tags, before) = ([], [], "O");
                    continue;
                }

                int blank = line.LastIndexOf(' ');
                string tag = line[(blank + 1)..].Trim();
                string type = tag == "O" ? "O" : tag[2..];
                words.Add(line[..blank]);
                tags.Add(type == "O" ? "O" : (before == type && !tag.StartsWith("B-", StringComparison.Ordinal) ? "I-" : "B-") + type);
                before = type;
            }
        }
    }

    private sealed record Pairs() : EncoderTask("snli_pairs", "snli_head", KnownHeads.SequenceClassification, "single_label_classification", 64, 32, 1)
    {
        private static readonly DataFileOptions Options = new() { Format = "tsv", Quoting = "none" };
        private static readonly TaskColumnOptions Columns = new() { LabelColumn = "gold_label" };

        protected override RowTask Rows { get; } = new ClassifyRows();

        public override LabelSet Labels { get; } = new(["entailment", "neutral", "contradiction"]);

        public override IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; } = [("revised_dev", "accuracy", "revised_dev"), ("revised_test", "accuracy", "revised_test"), ("original_test", "accuracy", "original_test")];

        public override (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer) =>
        (
            Set(tokenizer, "revised_combined", "train.tsv.gz"),
            new Dictionary<string, IReadOnlyList<EncodedExample>>
            {
                ["revised_dev"] = Set(tokenizer, "revised_combined", "dev.tsv"),
                ["revised_test"] = Set(tokenizer, "revised_combined", "test.tsv.gz"),
                ["original_test"] = Set(tokenizer, "original", "test.tsv"),
            });

        private IReadOnlyList<EncodedExample> Set(Tokenizer tokenizer, string folder, string name) => File(tokenizer, Goldens.RequireData("snli_counterfactual", folder, name), Options, Columns);
    }

    /// <summary>Five grades as numbers from 0 to 1; the first 4,000 rows are trained on.</summary>
    private sealed record Sentiment() : EncoderTask("sst_regression", "regression_head", KnownHeads.SequenceClassification, "regression", 64, 32, 1)
    {
        protected override RowTask Rows { get; } = new RegressRows();

        public override LabelSet Labels { get; } = new(["LABEL_0"]);

        public override IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; } = [("pearson", "pearson", "test"), ("spearman", "spearman", "test"), ("mse", "mse", "test")];

        public override (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer) =>
            (Encode(tokenizer, Sentences("stsa.fine.train.gz").Take(4000)), Test(Encode(tokenizer, Sentences("stsa.fine.test.gz"))));

        private static IEnumerable<TaskExample> Sentences(string name) => Text("sst_sent_conv", name).Split('\n').Where(line => line.Trim().Length > 0)
            .Select(line => new SequenceExample(new RowPlace(name, 0), line[2..], null) { Values = [(line[0] - '0') / 4f] });
    }

    /// <summary>Articles i with i mod 5 = 4 are tested.</summary>
    private sealed record Questions() : EncoderTask("xquad_en", "xquad_head", KnownHeads.QuestionAnswering, null, 256, 16, 3)
    {
        private static readonly TaskOptions Options = new() { DocStride = 64 };

        protected override RowTask Rows { get; } = new QaRows();

        public override LabelSet? Labels => null;

        public override IReadOnlyList<(string Golden, string Figure, string Set)> Figures { get; } = [("em", "exact_match", "test"), ("f1", "f1", "test")];

        public override (IReadOnlyList<EncodedExample> Train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> Tests) Read(Tokenizer tokenizer)
        {
            using JsonDocument file = JsonDocument.Parse(Text("xquad", "xquad.en.json.gz"));
            TaskExample[][] articles =
            [
                .. file.RootElement.GetProperty("data").EnumerateArray().Select((article, i) => Rows.Read(new DataRow("xquad", i, article), new TaskColumnOptions(), Options, isLabeled: true).ToArray()),
            ];
            return (Encode(tokenizer, articles.Where((_, i) => i % 5 != 4).SelectMany(article => article), Options), Test(Encode(tokenizer, articles.Where((_, i) => i % 5 == 4).SelectMany(article => article), Options)));
        }
    }
}
