using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Processing;

namespace Attune.Cli.Commands;

/// <summary>Where <c>attune data split</c> writes.</summary>
internal sealed record DataFolderOptions
{
    /// <summary>The folder for train.jsonl, validation.jsonl and test.jsonl. Has to be given.</summary>
    public string? Output { get; init; }

    /// <summary>Replace what is there already. Default: false.</summary>
    public bool Force { get; init; }
}

/// <summary><c>attune data split</c>.</summary>
internal sealed class DataSplitCommand : ToolCommand
{
    public override string Name => "data split";

    public override string Summary => "Split a data set into training, validation and test rows; equal and nearly equal rows stay together.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune data split reviews.jsonl --output reviews --test-size 0.1",
        "attune data split tickets.csv --output tickets --test-size 200 --val-size 200 --stratify-by label --split-seed 7",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "rows_read", "parts", "kept_together", "left_out", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<DataFolderOptions>("Data")
        .Add<DataSplitOptions>("Split")
        .Add<DedupOptions>("Duplicates")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        DataFilesOptions data = context.Values.Build<DataFilesOptions>();
        DataFolderOptions target = context.Values.Build<DataFolderOptions>();
        string output = CommandContext.Require(target.Output, "output", "the folder to write to");
        foreach (string name in DataSplitter.Names)
        {
            data.RequireOutput(DataSplitter.PathOf(output, name), target.Force);
        }

        DataSplitReport report = DataSplitter.Run(
            data.Files, output, context.Values.Build<DataFileOptions>(), context.Values.Build<DataSplitOptions>(), context.Values.Build<DedupOptions>(),
            DataWork.Progress(context), context.Cancellation);
        return DataWork.Tell(context, output, report);
    }
}
