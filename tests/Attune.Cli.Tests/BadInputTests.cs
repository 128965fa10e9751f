using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>What is not as it must be ends with exit code 2, one clear message, and nothing half-written.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;
    private readonly string _data;

    public BadInputTests()
    {
        _model = TinyModel.Write(_folder["model"]);
        _data = TinyModel.WriteChats(_folder["chats.jsonl"]);
    }

    [Theory]
    [InlineData("trian", "did you mean 'train'?")]
    [InlineData("quantise", "the commands are")]
    public void Unknown_commands(string word, string message) => Refused(message, word);

    [Fact]
    public void Missing_and_contradicting_options()
    {
        Refused("--output is missing", "train", "--model", _model, "--data", _data);
        Refused("did you mean '--learning-rate'?", "train", "--model", _model, "--data", _data, "--lerning-rate", "3", "--output", _folder["run"]);
        Refused("--data is missing", "train", "--model", _model, "--output", _folder["run"]);
        Refused("--model is missing", "train", "--data", _data, "--output", _folder["run"]);
        Refused("method: expected one of lora, full, freeze, found 'lore'", "train", "--model", _model, "--data", _data, "--output", _folder["run"], "--method", "lore");
        Refused("method freeze needs", "train", "--model", _model, "--data", _data, "--output", _folder["run"], "--method", "freeze");
        Refused("--chat and --raw", "generate", "--model", _model, "--prompt", "x", "--chat", "--raw");
        Refused("top_p", "generate", "--model", _model, "--prompt", "x", "--top-p", "2");
        Refused("dtype: expected auto, fp32 or bf16", "generate", "--model", _model, "--prompt", "x", "--dtype", "fp8");
        Refused("activations: expected bf16 or int8, found 'int4'", "generate", "--model", _model, "--prompt", "x", "--activations", "int4");
        Refused("activations: bf16 are those of dtype bf16", "generate", "--model", _model, "--prompt", "x", "--activations", "bf16", "--dtype", "fp32");
        Refused("activations: int8 needs weights that are held in 4 or 8 bits and multiplied in bf16, found none", "generate", "--model", _model, "--prompt", "x", "--activations", "int8");
        Refused("activations: int8 needs weights that are held in 4 or 8 bits and multiplied in bf16, found none", "bench", "generate", "--model", _model, "--activations", "int8");
        Refused("activations: bench train has no such option", "bench", "train", "--model", _model, "--activations", "int8");
        Refused("threads", "generate", "--model", _model, "--prompt", "x", "--threads", "0");
        Refused("learning_rate must be above 0", "train", "--model", _model, "--data", _data, "--output", _folder["run"], "--learning-rate", "0");
    }

    [Fact]
    public void Bad_models()
    {
        Refused("found nothing", "info", _folder["none"]);
        Refused("missing.gguf", "generate", "--model", _folder["missing.gguf"], "--prompt", "x");
        string damaged = _folder["damaged"];
        TinyModel.Write(damaged);
        byte[] weights = File.ReadAllBytes(Path.Combine(damaged, "model.safetensors"));
        File.WriteAllBytes(Path.Combine(damaged, "model.safetensors"), weights[..(weights.Length / 2)]);
        Refused("model.safetensors", "train", "--model", damaged, "--data", _data, "--output", _folder["run"]);
        TinyModel.Write(damaged);
        File.WriteAllText(Path.Combine(damaged, "tokenizer.json"), "{");
        Refused("tokenizer.json", "generate", "--model", damaged, "--prompt", "x");
        Refused("adapter_config.json", "generate", "--model", _model, "--adapter", damaged, "--prompt", "x");
    }

    [Theory]
    [InlineData("config.json", "eos_token_id", "-5")]
    [InlineData("config.json", "bos_token_id", "99999")]
    [InlineData("generation_config.json", "eos_token_id", "[2147483647]")]
    [InlineData("generation_config.json", "bos_token_id", "-1")]
    public void Ids_outside_the_vocabulary(string file, string key, string value)
    {
        string model = TinyModel.Write(_folder["ids"]);
        string path = Path.Combine(model, file);
        JsonObject values = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
        values[key] = JsonNode.Parse(value);
        File.WriteAllText(path, values.ToJsonString());
        Refused($"{file}, key '{key}': expected ids of the vocabulary, from 0 to ", "generate", "--model", model, "--prompt", "a");
    }

    [Fact]
    public void A_bad_template_is_named_by_its_file()
    {
        string template = Path.Combine(_model, "chat_template.jinja");
        File.WriteAllText(template, "{% for %}");
        Refused($"chat template '{template}', line 1, column", "generate", "--model", _model, "--prompt", "x");
        File.WriteAllBytes(template, [.. "caf"u8, 0xE9]);
        Refused($"{template}, byte 3: expected a template in UTF-8", "generate", "--model", _model, "--prompt", "x");
        string other = _folder["other.jinja"];
        File.Move(template, other);
        Refused($"{other}, byte 3: expected a template in UTF-8", "chat", "--model", _model, "--chat-template", other);
    }

    [Fact]
    public void Chat_templates_none_of_which_is_the_one_to_take()
    {
        string model = TinyModel.Write(_folder["named"]);
        File.Delete(Path.Combine(model, "chat_template.jinja"));
        File.WriteAllText(Path.Combine(model, "tokenizer_config.json"), """{"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "rag", "template": "R"}], "eos_token": "<|im_end|>"}""");
        Refused("the chat templates tool_use, rag, none of which is called default", "generate", "--model", model, "--prompt", "a");
        Refused("none is called default", "train", "--model", model, "--data", _data, "--output", _folder["run"]);
        Refused("chat_template: tools: there is no such file, and the model has the chat templates tool_use, rag", "chat", "--model", model, "--chat-template", "tools");
    }

    [Fact]
    public void Bad_data()
    {
        Refused("there is no such data file", "train", "--model", _model, "--data", _folder["none.jsonl"], "--output", _folder["run"]);
        string rows = _folder.Write("rows.jsonl", File.ReadAllText(_data) + "{\"messages\": 3}\n");
        Refused("line 25", "train", "--model", _model, "--data", rows, "--output", _folder["run"]);
        Refused("rows", "train", "--model", _model, "--data", _folder.Write("empty.jsonl", ""), "--output", _folder["run"]);
        Refused("max_length: the model was made for 128", "train", "--model", _model, "--data", _data, "--output", _folder["run"], "--max-length", "4096");
    }

    [Fact]
    public void Bad_recipes()
    {
        string recipe = _folder.Write("recipe.yaml", "model: m\nlaerning_rate: 1\n");
        Refused($"{recipe}, line 2: unknown key 'laerning_rate'; did you mean 'learning_rate'?", "train", recipe);
        Refused("there is no such recipe", "train", _folder["none.yaml"]);
    }

    [Fact]
    public void Places_that_are_taken()
    {
        Refused("exists already", "convert", _model, _data);
        Refused("exists already", "convert", _model, Directory.CreateDirectory(_folder["full/inner"]).Parent!.FullName);
        Refused("holds the model that is read", "convert", _model, _model, "--force");
        Refused("is a file, and a folder is to be written", "convert", _model, _data, "--force");
        Refused("is a folder, and a file is to be written", "convert", _model, Directory.CreateDirectory(_folder["folder.gguf"]).FullName, "--force");
        foreach (string command in new[] { "convert", "export" })
        {
            Refused("holds neither config.json nor adapter_config.json; --force replaces a whole folder", command, _model, _folder["full"], "--force");
        }

        Assert.True(Directory.Exists(_folder["full/inner"]));
        Tool.Run("convert", _model, _folder["copy"]).Succeeded();
        Tool.Run("convert", _model, _folder["copy"], "--force").Succeeded();
        Refused("is not empty", "train", "--model", _model, "--data", _data, "--output", _folder["full"]);
        Refused("q8_0 exists in GGUF files only", "convert", _model, _folder["out"], "--dtype", "q8_0");
    }

    [Fact]
    public void The_process_gives_one_json_object_even_for_errors()
    {
        ToolResult result = Tool.Process("info", _folder["none"], "--json");
        Assert.Equal(2, result.ExitCode);
        Assert.Equal(2, (int)result.Json["exit_code"]!);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Refused(string message, params string[] words)
    {
        ToolResult result = Tool.Run(words);
        Assert.True(result.ExitCode == 2, $"exit code {result.ExitCode}\n{result.Error}");
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        string run = _folder["run"];
        Assert.False(Directory.Exists(run) && Directory.EnumerateFileSystemEntries(run).Any(), "something was left behind");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, ".*"));
    }
}
