using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

public sealed class PretrainCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_new_model_learns_and_goes_on_with_the_same_bits()
    {
        string config = TinyModel.Write(_folder["config"]);
        string data = TinyModel.WriteChats(_folder["chats.jsonl"]);
        string[] pretrain = ["pretrain", "--config", config, "--data", data, "--num-train-epochs", "20", "--learning-rate", "1e-2", "--max-length", "64", "--dtype", "fp32", "--val-set-size", "4", "--eval-strategy", "epoch", "--json"];
        JsonObject whole = Tool.Run([.. pretrain, "--output", _folder["whole"]]).Succeeded().Json;
        string first = File.ReadLines(Path.Combine(_folder["whole"], "metrics.jsonl")).First(line => JsonNode.Parse(line)!["eval_loss"] is not null);
        Assert.True((double)whole["eval_loss"]! < (double)JsonNode.Parse(first)!["eval_loss"]! - 1, "the held-out loss falls");

        // The run's recipe and its last checkpoint but one give the same model again.
        Tool.Run([.. pretrain, "--output", _folder["cut"], "--save-steps", "7"]).Succeeded();
        string last = Directory.GetDirectories(_folder["cut"], "checkpoint-*").MaxBy(path => int.Parse(path[(path.LastIndexOf('-') + 1)..], System.Globalization.CultureInfo.InvariantCulture))!;
        Directory.Delete(last, recursive: true);
        File.Delete(Path.Combine(_folder["cut"], "model.safetensors"));
        Tool.Run("pretrain", Path.Combine(_folder["cut"], "recipe.yaml"), "--resume", "auto").Succeeded();
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["whole"], "model.safetensors")), File.ReadAllBytes(Path.Combine(_folder["cut"], "model.safetensors")));
    }

    [Fact]
    public void The_configuration_has_to_be_given() =>
        Assert.Contains("--config is missing", Tool.Run("pretrain", "--data", "a.jsonl", "--output", _folder["x"]).Error, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();
}
