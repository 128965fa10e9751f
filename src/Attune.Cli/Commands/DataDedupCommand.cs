using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Processing;

namespace Attune.Cli.Commands;

/// <summary><c>attune data dedup</c>.</summary>
internal sealed class DataDedupCommand : ToolCommand
{
    public override string Name => "data dedup";

    public override string Summary => "Leave out rows that are the same as an earlier one, or nearly (MinHash).";

    public override IReadOnlyList<string> Examples =>
    [
        "attune data dedup reviews.jsonl --output unique.jsonl",
        "attune data dedup --data a.jsonl b.jsonl --columns prompt --threshold 0.7 --output unique.jsonl",
        "attune data dedup quotes.csv --threshold 1 --output unique.jsonl",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "rows_read", "rows_written", "equal_rows", "near_rows", "left_out", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<DataOutputOptions>("Data")
        .Add<DedupOptions>("Duplicates")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        DataFilesOptions data = context.Values.Build<DataFilesOptions>();
        DataOutputOptions target = context.Values.Build<DataOutputOptions>();
        string output = data.RequireOutput(target.Output, target.Force);
        DedupReport report = DataDeduplicator.Run(
            data.Files, output, context.Values.Build<DataFileOptions>(), context.Values.Build<DedupOptions>(), DataWork.Progress(context), context.Cancellation);
        return DataWork.Tell(context, output, report);
    }
}
