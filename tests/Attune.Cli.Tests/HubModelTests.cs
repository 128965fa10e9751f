using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Models that are named on a hub, as an earlier fetch left them in the cache.</summary>
public sealed class HubModelTests : IDisposable
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("hf:org/tiny", null)]
    [InlineData("hf:org/tiny@v1", "v1")]
    public void An_adapter_names_its_base_as_the_hub_does(string model, string? revision)
    {
        string root = Path.Combine(_folder.Path, "models--org--tiny");
        TinyModel.Write(Path.Combine(root, "snapshots", Commit));
        Directory.CreateDirectory(Path.Combine(root, "refs"));
        File.WriteAllText(Path.Combine(root, "refs", revision ?? "main"), Commit);
        string data = TinyModel.WriteChats(_folder["chats.jsonl"], rows: 4);
        Tool.Offline(_folder.Path, "train", "--model", model, "--data", data, "--method", "lora", "--max-steps", "1", "--output", _folder["run"]).Succeeded();
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["run"], "adapter_config.json")))!;
        Assert.Equal("org/tiny", (string?)config["base_model_name_or_path"]);
        Assert.Equal(revision, (string?)config["revision"]);
        Tool.Offline(_folder.Path, "generate", "--model", model, "--adapter", _folder["run"], "--prompt", "word", "--max-new-tokens", "2").Succeeded();
    }
}
