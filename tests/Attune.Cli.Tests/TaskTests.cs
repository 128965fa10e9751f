using System.Text.Json.Nodes;

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
        ["seq2seq"] = i => $$"""{"document": "say {{i}}", "summary": "{{i}}"}""",
        ["embed"] = i => $$"""{"anchor": "one {{i}}", "positive": "also {{i}}"}""",
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
    [InlineData("classify", """{"text": "x", "label": "c"}""", "none of the classes", "'c'")]
    [InlineData("regress", """{"text": "x", "score": "high"}""", "expected a number", "'high'")]
    [InlineData("tag", """{"tokens": ["x", "y"], "tags": ["O"]}""", "a tag for each word", "2 words, 1 tags")]
    [InlineData("qa", """{"question": "q", "context": "abc", "answers": {"text": ["b"], "answer_start": [2]}}""", "where answer_start says", "'b' at character 2")]
    [InlineData("qa", """{"question": "q", "context": "abc", "answer": "x"}""", "does not stand in its context", "'x'")]
    [InlineData("qa", """{"question": "q", "context": "abc", "answers": []}""", "there is no answer", "allow_no_answer")]
    [InlineData("embed", """{"text": "x"}""", "a second text is missing", "text_pair_column")]
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
}
