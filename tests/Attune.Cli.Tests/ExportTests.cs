using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Models for other runtimes, through the tool.</summary>
public sealed class ExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_graph_is_compared_with_its_model_before_it_is_kept()
    {
        string model = TinyModel.Write(_folder["model"]);
        JsonObject report = Tool.Run("export", "--model", model, "--output", _folder["onnx"], "--json").Succeeded().Json;
        Assert.Equal("onnx", (string?)report["format"]);
        Assert.InRange((double)report["logit_difference"]!, 0, 1e-5);
        Assert.Equal(20, (int)report["tensors_verified"]!);
        foreach (string name in new[] { "model.onnx", "config.json", "tokenizer.json", "chat_template.jinja" })
        {
            Assert.True(File.Exists(Path.Combine(_folder["onnx"], name)), name);
        }

        Assert.Equal(2, Tool.Run("export", "--model", model, "--output", _folder["onnx"]).ExitCode);
    }

    [Fact]
    public void A_graph_with_a_past_is_compared_too()
    {
        string model = TinyModel.Write(_folder["model"]);
        JsonObject report = Tool.Run("export", model, _folder["onnx"], "--with-past", "--json").Succeeded().Json;
        Assert.InRange((double)report["logit_difference"]!, 0, 1e-5);
        Assert.Equal(20, (int)report["tensors_verified"]!);
    }

    [Fact]
    public void Adapters_go_to_mlx_and_back()
    {
        string model = TinyModel.Write(_folder["model"]);
        string data = TinyModel.WriteChats(_folder["chats.jsonl"]);
        Tool.Run("train", "--model", model, "--data", data, "--method", "lora", "--max-steps", "2", "--learning-rate", "0.05", "--output", _folder["peft"]).Succeeded();
        JsonObject report = Tool.Run("export", "--format", "mlx", "--model", model, "--adapter", _folder["peft"], "--output", _folder["mlx"], "--json").Succeeded().Json;
        Assert.InRange((double)report["logit_difference"]!, 0, 1e-5);
        Assert.True(File.Exists(Path.Combine(_folder["mlx"], "adapters.safetensors")));
        Tool.Run("export", "--format", "peft", "--model", model, "--adapter", _folder["mlx"], "--output", _folder["back"]).Succeeded();
        double[] losses = [.. new[] { "peft", "mlx", "back" }.Select(adapter =>
            (double)Tool.Run("evaluate", "--model", model, "--adapter", _folder[adapter], "--data", data, "--dtype", "fp32", "--json").Succeeded().Json["loss"]!)];
        Assert.Equal(losses[0], losses[1], 1e-6);
        Assert.Equal(losses[0], losses[2], 1e-6);
        Tool.Run("merge", "--model", model, "--adapter", _folder["mlx"], "--output", _folder["merged"]).Succeeded();
        Tool.Run("export", "--model", model, "--adapter", _folder["mlx"], "--output", _folder["onnx"]).Succeeded();
    }

    [Fact]
    public void What_cannot_be_exported_is_said()
    {
        string model = TinyModel.Write(_folder["model"]);
        Assert.Contains("onnx", Refused("export", "--model", model, "--output", _folder["x"], "--format", "tflite").Error, StringComparison.Ordinal);
        Assert.Contains("--output is missing", Refused("export", "--model", model).Error, StringComparison.Ordinal);
        Assert.Contains("it lacks", Refused("export", "--model", model, "--task", "classify", "--labels", "a", "b", "--output", _folder["x"]).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["x"]));
    }

    private static ToolResult Refused(params string[] words)
    {
        ToolResult result = Tool.Run(words);
        Assert.Equal(2, result.ExitCode);
        return result;
    }
}
