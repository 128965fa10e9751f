using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Tasks from rows to predictions: train, evaluate, predict.</summary>
public sealed class TaskTests
{
    private static readonly string[] Labels = ["good", "bad"];

    private static readonly Dictionary<string, Func<int, string>> Rows = new()
    {
        ["mlm"] = i => $$"""{"text": "row {{i}} of text"}""",
        ["classify"] = i => $$"""{"sentence": "{{(i % 2 == 0 ? "aaa" : "zzz")}} {{i}}", "label": "{{Labels[i % 2]}}"}""",
        ["multilabel"] = i => $$"""{"text": "{{(i % 2 == 0 ? "aaa" : "zzz")}} {{i}}", "labels": ["{{Labels[i % 2]}}", "all"]}""",
        ["regress"] = i => $$"""{"sentence1": "one {{i}}", "sentence2": "two", "score": {{i % 4}}.5}""",
        ["tag"] = i => $$"""{"tokens": ["met", "anna{{i}}", "smith"], "ner_tags": ["O", "B-PER", "I-PER"]}""",
        ["qa"] = i => $$"""{"id": "q{{i}}", "question": "who", "context": "it was anna{{i}} and not bob", "answers": { "text": ["anna{{i}}"], "answer_start": [7] } }""",
        ["choice"] = i => $$"""{"context": "it was {{i}}", "question": "who", "choices": ["anna", "bob"{{(i % 2 == 0 ? ", \"carl\"" : "")}}], "label": {{i % 2}} }""",
        ["seq2seq"] = i => $$"""{"document": "say {{i}}", "summary": "{{i}}"}""",
        ["embed"] = i => $$"""{"anchor": "one {{i}}", "positive": "also {{i}}"{{(i % 2 == 0 ? ", \"negative_1\": \"not so\", \"negative_2\": \"nor this\"" : "")}} }""",
    };

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string task in Rows.Keys)
            {
                cases.Add(task, "full");
                cases.Add(task, "lora");
            }

            return cases;
        }
    }

    public static TheoryData<string> Tasks => [.. Rows.Keys];

    [Fact]
    public void Predictions_never_replace_the_rows_that_are_asked_about()
    {
        using var folder = new TemporaryFolder();
        string rows = folder.Write("rows.jsonl", Rows["classify"](1));
        ToolResult result = Tool.Run("predict", "--task", "classify", "--model", "any", "--data", rows, "--output", rows);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("is one of the files that are read", result.Error, StringComparison.Ordinal);
        Assert.Equal(Rows["classify"](1), File.ReadAllText(rows));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Trains_evaluates_and_predicts(string task, string method)
    {
        using var folder = new TemporaryFolder();
        string model = task == "seq2seq" ? TinyTaskModel.WriteT5(folder["model"]) : TinyTaskModel.WriteBert(folder["model"], withMaskedHead: task == "mlm");
        string data = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 12).Select(i => Rows[task](i) + "\n")));
        string run = folder["run"];
        JsonObject trained = Tool.Run(
            "train", "--task", task, "--model", model, "--data", data, "--val-set-size", "4", "--max-steps", "2", "--method", method, "--dtype", "fp32", "--threads", "1",
            "--train-sampling-strategy", "group_by_length", "--output", run, "--json").Succeeded().Json;
        Assert.True((double)trained["train_loss"]! > 0);
        Assert.NotEmpty(trained["metrics"]!.AsObject());
        string[] source = method == "full" ? ["--model", run] : ["--model", model, "--adapter", run];
        JsonObject scores = Tool.Run(["evaluate", "--task", task, .. source, "--data", data, "--dtype", "fp32", "--max-new-tokens", "4", "--json"]).Succeeded().Json;
        Assert.Equal(12, (int)scores["rows"]!);
        Tool.Run(["predict", "--task", task, .. source, "--data", data, "--output", folder["out.jsonl"], "--dtype", "fp32", "--max-new-tokens", "4"]).Succeeded();
        Assert.Equal(12, File.ReadAllLines(folder["out.jsonl"]).Length);
        Assert.All(File.ReadAllLines(folder["out.jsonl"]), line => Assert.NotEmpty(JsonNode.Parse(line)!.AsObject()));
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void A_merged_adapter_says_what_model_and_adapter_say(string task)
    {
        using var folder = new TemporaryFolder();
        string model = task == "seq2seq" ? TinyTaskModel.WriteT5(folder["model"]) : TinyTaskModel.WriteBert(folder["model"], withMaskedHead: task == "mlm");
        string data = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 8).Select(i => Rows[task](i) + "\n")));
        Tool.Run(
            "train", "--task", task, "--model", model, "--data", data, "--max-steps", "3", "--learning-rate", "0.05", "--method", "lora", "--dtype", "fp32", "--output", folder["run"]).Succeeded();
        JsonObject merged = Tool.Run("merge", "--model", model, "--adapter", folder["run"], "--output", folder["merged"], "--json").Succeeded().Json;
        Assert.Equal(0.0, (double?)merged["logit_difference"]);
        Assert.Equal(task == "seq2seq", File.Exists(Path.Combine(folder["merged"], "generation_config.json")));
        Tool.Run("convert", folder["merged"], folder["copy"]).Succeeded();
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["merged"], "model.safetensors")).AsSpan(), File.ReadAllBytes(Path.Combine(folder["copy"], "model.safetensors")).AsSpan());
        JsonArray expected = Numbers("--model", model, "--adapter", folder["run"]);
        JsonArray found = Numbers("--model", folder["copy"]);
        Assert.Equal(expected.Count, found.Count);
        Assert.All(expected.Zip(found), pair => Assert.True(IsNear(pair.First, pair.Second), $"{pair.First?.ToJsonString()} {pair.Second?.ToJsonString()}"));
        if (task != "seq2seq")
        {
            string reason = task == "embed" ? "this vocabulary is WordPiece" : "a GGUF file holds a model that writes texts or an encoder without a head";
            Assert.Contains(reason, Tool.Run("merge", "--model", model, "--adapter", folder["run"], "--output", folder["m.gguf"]).Error, StringComparison.Ordinal);
        }

        JsonArray Numbers(params string[] source)
        {
            Tool.Run(["predict", "--task", task, .. source, "--data", data, "--output", folder["out.jsonl"], "--dtype", "fp32", "--max-new-tokens", "4"]).Succeeded();
            return [.. File.ReadAllLines(folder["out.jsonl"]).Select(line => JsonNode.Parse(line))];
        }
    }

    [Fact]
    public void An_adapter_alone_is_no_model_and_a_head_that_nobody_trained_is_not_written()
    {
        using var folder = new TemporaryFolder();
        string model = TinyTaskModel.WriteBert(folder["model"]);
        string data = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 8).Select(i => Rows["classify"](i) + "\n")));
        Tool.Run("train", "--task", "classify", "--model", model, "--data", data, "--max-steps", "1", "--output", folder["run"]).Succeeded();
        Assert.Contains("found an adapter alone", Tool.Run("convert", folder["run"], folder["out"]).Error, StringComparison.Ordinal);
        JsonObject info = Tool.Run("info", model, "--adapter", folder["run"], "--json").Succeeded().Json;
        Assert.True((long)info["trainable_parameters"]! > 2 * 32);
        File.WriteAllText(Path.Combine(folder["run"], "config.json"), File.ReadAllText(Path.Combine(folder["run"], "config.json")).Replace("SequenceClassification", "QuestionAnswering", StringComparison.Ordinal));
        ToolResult refused = Tool.Run("merge", "--model", model, "--adapter", folder["run"], "--output", folder["merged"]);
        Assert.Equal(2, refused.ExitCode);
    }

    [Fact]
    public void A_classifiers_labels_and_their_order_are_in_its_configuration()
    {
        using var folder = new TemporaryFolder();
        string model = TinyTaskModel.WriteBert(folder["model"]);
        string data = folder.Write("rows.csv", "text,label\naaa,b\nbbb,10\nccc,a\n");
        JsonObject Config(params string[] options)
        {
            string run = folder[$"run{options.Length}"];
            Tool.Run(["train", "--task", "classify", "--model", model, "--data", data, "--max-steps", "1", "--method", "full", "--dtype", "fp32", "--output", run, .. options]).Succeeded();
            return JsonNode.Parse(File.ReadAllText(Path.Combine(run, "config.json")))!.AsObject();
        }

        JsonObject sorted = Config();
        Assert.Equal("""{"0":"10","1":"a","2":"b"}""", sorted["id2label"]!.ToJsonString());
        Assert.Equal("""{"10":0,"a":1,"b":2}""", sorted["label2id"]!.ToJsonString());
        Assert.Equal("BertForSequenceClassification", (string)sorted["architectures"]![0]!);
        Assert.Equal("single_label_classification", (string)sorted["problem_type"]!);
        Assert.Equal("""{"0":"b","1":"a","2":"10"}""", Config("--labels", "b", "a", "10")["id2label"]!.ToJsonString());
    }

    [Fact]
    public void Predicts_from_standard_input_in_its_order_with_errors_in_their_places()
    {
        using var folder = new TemporaryFolder();
        string model = TinyTaskModel.WriteBert(folder["model"]);
        string input = "{\"text\": \"a long text of many words\"}\n{\"other\": 1}\n{\"text\": \"b\"}\n";
        string[] lines = Tool.Pipe(input, "predict", "--task", "embed", "--model", model, "--on-bad-rows", "skip", "--quiet").Succeeded().Output.Trim().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Contains("embedding", lines[0], StringComparison.Ordinal);
        Assert.Contains("standard input, line 2", (string)JsonNode.Parse(lines[1])!["error"]!, StringComparison.Ordinal);
        string alone = Tool.Pipe("b\n", "predict", "--task", "embed", "--model", model, "--format", "txt", "--quiet").Succeeded().Output.Trim();
        Assert.Equal(alone, lines[2]);
    }

    [Theory]
    [InlineData("classify", """{"body": "x"}""", "a column is missing", "text_column")]
    [InlineData("classify", """{"text": "x"}""", "a column is missing", "label_column")]
    [InlineData("classify", """{"text;label": "x;1"}""", "a column is missing", "say delimiter: ';'")]
    [InlineData("classify", """{"text": "x", "label": "c"}""", "none of the classes", "'c'")]
    [InlineData("regress", """{"text": "x", "score": "high"}""", "expected a number", "'high'")]
    [InlineData("tag", """{"tokens": ["x", "y"], "tags": ["O"]}""", "a tag for each word", "2 words, 1 tags")]
    [InlineData("qa", """{"question": "q", "context": "abc", "answers": {"text": ["b"], "answer_start": [2]}}""", "where answer_start says", "'b' at character 2")]
    [InlineData("qa", """{"question": "q", "context": "abc", "answer": "x"}""", "does not stand in its context", "'x'")]
    [InlineData("qa", """{"question": "q", "context": "abc", "answers": []}""", "there is no answer", "allow_no_answer")]
    [InlineData("choice", """{"question": "q", "label": 0}""", "the choices are missing", "choices_columns")]
    [InlineData("choice", """{"question": "q", "choices": ["a"], "label": 0}""", "at least two choices", "found 1")]
    [InlineData("choice", """{"question": "q", "choices": ["a", "b"], "label": "C"}""", "a number from 0 to 1", "found 'C'")]
    [InlineData("choice", """{"question": "q", "choices": {"text": ["a", "b"], "label": ["1", "2"]}, "answerKey": "0"}""", "expected one of 1, 2", "found '0'")]
    [InlineData("embed", """{"text": "x"}""", "a second text is missing", "text_pair_column")]
    [InlineData("embed", """{"anchor": "x", "positive": "y", "negative": 3}""", "column 'negative': expected text", "found a number")]
    [InlineData("seq2seq", """{"document": "x"}""", "a column is missing", "target_column")]
    public void Says_what_is_wrong_with_a_row(string task, string row, params string[] parts)
    {
        using var folder = new TemporaryFolder();
        string model = task == "seq2seq" ? TinyTaskModel.WriteT5(folder["model"]) : TinyTaskModel.WriteBert(folder["model"]);
        ToolResult result = Tool.Run(
            "train", "--task", task, "--labels", "a", "b", "--model", model, "--data", folder.Write("rows.jsonl", row + "\n"), "--method", "full", "--output", folder["run"]);
        Assert.Equal(2, result.ExitCode);
        Assert.All(parts.Append("rows.jsonl, line 1"), part => Assert.Contains(part, result.Error, StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_without_the_head_is_not_asked()
    {
        using var folder = new TemporaryFolder();
        string model = TinyTaskModel.WriteBert(folder["model"]);
        string data = folder.Write("rows.jsonl", """{"question": "q", "context": "abc", "answer": "b"}""");
        ToolResult result = Tool.Run("evaluate", "--task", "qa", "--model", model, "--data", data);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("qa_outputs.weight", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decoder_classifies_by_its_last_token()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string data = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 8).Select(i => Rows["classify"](i) + "\n")));
        Tool.Run("train", "--task", "classify", "--model", model, "--data", data, "--method", "lora", "--max-steps", "2", "--output", folder["run"]).Succeeded();
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["run"], "config.json")))!;
        Assert.Equal("LlamaForSequenceClassification", (string)config["architectures"]![0]!);
        Assert.Equal(258, (int)config["pad_token_id"]!);
        Tool.Run("evaluate", "--task", "classify", "--model", model, "--adapter", folder["run"], "--data", data).Succeeded();
    }

    /// <summary>Whether two predictions are the same up to the rounding of the merge.</summary>
    private static bool IsNear(JsonNode? expected, JsonNode? found) => (expected, found) switch
    {
        (JsonObject a, JsonObject b) => a.Count == b.Count && a.All(pair => IsNear(pair.Value, b[pair.Key])),
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(pair => IsNear(pair.First, pair.Second)),
        (JsonValue a, JsonValue b) when a.TryGetValue(out double x) && b.TryGetValue(out double y) => Math.Abs(x - y) <= 1e-4 * Math.Max(1, Math.Abs(x)),
        _ => JsonNode.DeepEquals(expected, found),
    };
}
