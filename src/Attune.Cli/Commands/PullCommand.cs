using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune pull</c>.</summary>
internal sealed record PullOptions
{
    /// <summary>What is fetched: org/name, org/name@revision, or org/name@revision/path for the files whose path begins so. Has to be given.</summary>
    public string? Repository { get; init; }

    /// <summary>Whether it is a data set, not a model. Default: false.</summary>
    public bool Dataset { get; init; }
}

/// <summary><c>attune pull</c>.</summary>
internal sealed class PullCommand : ToolCommand
{
    public override string Name => "pull";

    public override string Summary => "Fetch a model or a data set from the Hugging Face hub into the cache that Python's tools share.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Only files of kinds that are read as data are fetched; nothing is executed. What is there already is not fetched again, what was cut is gone on with, and every file is checked against its hash. "
        + "HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE and HF_HUB_OFFLINE mean what they mean for Python's tools. Elsewhere hf:org/name stands for what this command fetches.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune pull HuggingFaceTB/SmolLM2-135M-Instruct",
        "attune pull org/quotes/data/train --dataset",
    ];

    public override IReadOnlyList<string> Operands => ["repository"];

    public override IReadOnlyList<string> JsonFields => ["path", "commit", "files", "bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<PullOptions>("Repository");

    public override JsonObject Run(CommandContext context)
    {
        PullOptions options = context.Values.Build<PullOptions>();
        HubKind kind = options.Dataset ? HubKind.Dataset : HubKind.Model;
        var address = HubAddress.Parse(CommandContext.Require(options.Repository, "repository", "org/name"), kind);
        HubSnapshot snapshot = context.Values.Places!.Pull(address);
        string path = kind == HubKind.Model ? HubPlaces.ModelOf(address, snapshot) : snapshot.Folder;
        long bytes = snapshot.Files.Sum(file => new FileInfo(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file).Length);
        context.Terminal.Note($"{address}: {snapshot.Files.Count} files, {Sizes.Text(bytes)}, commit {snapshot.Commit}");
        context.Terminal.Result(path);
        return new JsonObject
        {
            ["path"] = path,
            ["commit"] = snapshot.Commit,
            ["files"] = new JsonArray([.. snapshot.Files.Select(file => (JsonNode?)file)]),
            ["bytes"] = bytes,
        };
    }
}
