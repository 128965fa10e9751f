using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>The tool as a process, on a tiny random model.</summary>
public sealed class CommandTests
{
    [Fact]
    public void Trains_generates_merges_converts_and_describes()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string data = TinyModel.WriteChats(folder["chats.jsonl"]);
        string run = folder["run"];

        JsonObject trained = Tool.Process(
            "train", "--model", model, "--data", data, "--output", run, "--method", "lora", "--max_steps", "12", "--learning-rate", "1e-2", "--val-set-size", "4",
            "--per-device-train-batch-size", "4", "--logging-steps", "3", "--target-modules", "all-linear", "--dtype", "fp32", "--threads", "1", "--json").Succeeded().Json;
        Assert.Equal(run, (string?)trained["output"]);
        Assert.Equal(12, (int)trained["steps"]!);
        Assert.True((double)trained["eval_loss"]! < (double)trained["train_loss"]!, trained.ToJsonString());
        Assert.True((double)trained["tokens_per_second"]! > 0 && (long)trained["peak_rss_bytes"]! > 0 && (string?)trained["tier"] is { Length: > 0 });
        Assert.Equal(4, File.ReadLines(Path.Combine(run, "metrics.jsonl")).Count());
        Assert.True(File.Exists(Path.Combine(run, "recipe.yaml")));

        JsonObject adapted = Tool.Process("info", model, "--adapter", run, "--json").Succeeded().Json;
        Assert.Equal(TinyModel.Parameters, (long)adapted["parameters"]!);
        Assert.Equal(AdapterParameters(run), (long)adapted["trainable_parameters"]!);

        JsonObject answer = Generate(model, "--adapter", run);
        string merged = folder["merged"];
        Assert.Equal("f32", (string?)Tool.Process("merge", "--model", model, "--adapter", run, "--output", merged, "--json").Succeeded().Json["dtype"]);
        Assert.Equal((string?)answer["text"], (string?)Generate(merged)["text"]);

        string gguf = folder["merged.gguf"];
        Tool.Process("convert", merged, gguf).Succeeded();
        Assert.Equal((string?)answer["text"], (string?)Generate(gguf)["text"]);
        string back = folder["back"];
        Tool.Process("convert", gguf, back, "--dtype", "f32").Succeeded();
        JsonObject info = Tool.Process("info", back, "--json").Succeeded().Json;
        Assert.Equal(TinyModel.Parameters, (long)info["parameters"]!);
        Assert.True((bool)info["has_tokenizer"]! && (bool)info["has_chat_template"]!);
        Assert.Equal((string?)answer["text"], (string?)Generate(back)["text"]);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(merged, "model.safetensors")).AsSpan(), File.ReadAllBytes(Path.Combine(back, "model.safetensors")).AsSpan());

        JsonObject score = Tool.Process("evaluate", "--model", merged, "--data", data, "--dtype", "fp32", "--json").Succeeded().Json;
        Assert.Equal(Math.Exp((double)score["loss"]!), (double)score["perplexity"]!, 6);
        Assert.True((long)score["tokens"]! > 0);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("freeze", "--trainable", "layers.1.", "norm")]
    public void Trains_weights_into_a_model_folder(params string[] method)
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string data = TinyModel.WriteChats(folder["chats.jsonl"]);
        Tool.Process(
            ["train", "--model", model, "--data", data, "--output", folder["run"], "--max-steps", "2", "--dtype", "fp32", "--threads", "1", "--quiet", "--method", .. method]).Succeeded();
        JsonObject info = Tool.Process("info", folder["run"], "--json").Succeeded().Json;
        Assert.Equal(TinyModel.Parameters, (long)info["parameters"]!);
        Assert.NotNull((string?)Generate(folder["run"])["text"]);
    }

    [Theory]
    [InlineData("train", "--data", "book.txt")]
    [InlineData("generate", "--rank", "8")]
    [InlineData("tokenize", "--batch", "2")]
    public void A_bench_refuses_the_options_of_another(string work, string option, string value)
    {
        ToolResult result = Tool.Run("bench", work, "--model", "any", option, value);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"{option[2..]}: bench {work} has no such option", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_counts_trainable_parameters_in_pefts_words()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        ToolResult result = Tool.Process("info", model, "--method", "lora", "--r", "4", "--target-modules", "q_proj").Succeeded();
        long trainable = TinyModel.Layers * 4 * 2 * TinyModel.Hidden;
        Assert.Contains(FormattableString.Invariant($"trainable params: {trainable:N0} || all params: {TinyModel.Parameters + trainable:N0} ||"), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Chats_over_a_pipe()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string[] words = ["chat", "--model", model, "--max-new-tokens", "2", "--system", "Be short.", "--threads", "1", "--json"];
        JsonArray messages = Tool.Pipe("one\n/reset\n\ntwo\nthree\n/exit\nfour\n", words).Succeeded().Json["messages"]!.AsArray();
        Assert.Equal(["system", "user", "assistant", "user", "assistant"], messages.Select(message => (string)message!["role"]!));
        Assert.Equal("two", (string?)messages[1]!["content"]);
        Assert.Empty(Tool.Process("chat", "--model", model, "--json").Succeeded().Json["messages"]!.AsArray());
    }

    [Fact]
    public void Generates_from_standard_input_and_without_the_template()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string[] words = ["generate", "--model", model, "--max-new-tokens", "4", "--dtype", "fp32", "--threads", "1", "--json"];
        JsonObject piped = Tool.Pipe("word 3?\n", words).Succeeded().Json;
        Assert.Equal(Tool.Process([.. words, "--prompt", "word 3?"]).Succeeded().Json["token_ids"]!.ToJsonString(), piped["token_ids"]!.ToJsonString());
        JsonObject raw = Tool.Process([.. words, "--prompt", "word 3?", "--raw"]).Succeeded().Json;
        Assert.Equal("word 3?".Length, (int)raw["prompt_tokens"]!);
        Assert.True((int)piped["prompt_tokens"]! > (int)raw["prompt_tokens"]!);
        Assert.Equal((string?)raw["text"], Tool.Process(["generate", "--model", model, "--max-new-tokens", "4", "--dtype", "fp32", "--prompt", "word 3?", "--raw"]).Succeeded().Output.TrimEnd('\n'));
    }

    [Fact]
    public void Answers_a_file_of_prompts_as_it_answers_each_alone()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string[] prompts = ["word 3?", "word", "a much longer prompt than the others, word 5?", "word 8?", "3"];
        string[] options = ["--max-new-tokens", "6", "--temperature", "1.2", "--threads", "1"];
        File.WriteAllLines(folder["prompts.jsonl"], prompts.Select(prompt => new JsonObject { ["prompt"] = prompt }.ToJsonString()));
        File.WriteAllText(folder["prompts.txt"], string.Join("\n\n", prompts));
        JsonArray answers = Tool.Process(["generate", "--model", model, "--prompts", folder["prompts.jsonl"], "--streams", "2", "--json", .. options]).Succeeded().Json["answers"]!.AsArray();
        string[] lines = Tool.Process(["generate", "--model", model, "--prompts", folder["prompts.txt"], .. options]).Succeeded().Output.TrimEnd('\n').Split('\n');
        for (int i = 0; i < prompts.Length; i++)
        {
            JsonObject alone = Tool.Process(["generate", "--model", model, "--prompt", prompts[i], "--json", .. options]).Succeeded().Json;
            Assert.Equal((string?)alone["text"], (string?)answers[i]!["text"]);
            Assert.Equal((string?)alone["finish_reason"], (string?)answers[i]!["finish_reason"]);
            Assert.Equal(answers[i]!.ToJsonString(), JsonNode.Parse(lines[i])!.ToJsonString());
        }

        Assert.Contains("line 1: expected an object with a text", Refusal("[]"), StringComparison.Ordinal);
        Assert.Contains("expected a prompt in each line, found none", Refusal("\n"), StringComparison.Ordinal);

        string Refusal(string content)
        {
            File.WriteAllText(folder["bad.jsonl"], content);
            return Tool.Process(["generate", "--model", model, "--prompts", folder["bad.jsonl"]]).Error;
        }
    }

    [Fact]
    public void Sampling_depends_on_the_seed_only()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        string[] words = ["--temperature", "1.5", "--top-k", "0", "--seed"];
        string first = Generate(model, [.. words, "1"])["token_ids"]!.ToJsonString();
        Assert.Equal(first, Generate(model, [.. words, "1"])["token_ids"]!.ToJsonString());
        Assert.NotEqual(first, Generate(model, [.. words, "2"])["token_ids"]!.ToJsonString());
    }

    [Fact]
    public void Doctor_measures()
    {
        JsonObject report = Tool.Process("doctor", "--threads", "1", "--json").Succeeded().Json;
        Assert.Equal(1, (int)report["threads"]!);
        Assert.True((double)report["f32_gemm_flops_per_second"]! > 0 && (long)report["memory_bytes"]! > 0);
    }

    private static long AdapterParameters(string folder)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
        return file.Names.Sum(name => file.Info(name).Shape.Count);
    }

    private static JsonObject Generate(string model, params string[] more) => Tool.Process(
        ["generate", "--model", model, "--prompt", "word 3?", "--max-new-tokens", "8", "--dtype", "fp32", "--threads", "1", "--json", .. more]).Succeeded().Json;
}
