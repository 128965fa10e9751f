using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Inspection;
using Attune.Data.Processing;
using Attune.Data.Rows;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune data inspect</c>.</summary>
internal sealed record DataInspectOptions
{
    /// <summary>Files, or hf:org/name, of rows that training must not see; rows that stand there, too, are reported. Default: none.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> HeldOut { get; init; } = [];
}

/// <summary><c>attune data inspect</c>.</summary>
internal sealed class DataInspectCommand : ToolCommand
{
    public override string Name => "data inspect";

    public override string Summary => "Say what a data set is like and what is wrong with it: counts, lengths, scripts, labels, bad rows, duplicates, leaks, damage, personal data.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Nothing is changed, and no row is an error: rows that cannot be read are listed with their lines. The files are streamed; memory does not grow with their size but for some bytes a row.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune data inspect reviews.jsonl",
        "attune data inspect --data train.csv --held-out test.csv --columns text --threshold 0.7 --json",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields =>
        ["files", "rows", "bad_rows", "columns", "characters", "words", "scripts", "duplicates", "leaked", "damaged", "personal", "low_quality", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<DataInspectOptions>("Data")
        .Add<DedupOptions>("Duplicates")
        .Add<DataFileOptions>("Data files", "on_bad_rows", "max_bad_rows");

    public override JsonObject Run(CommandContext context)
    {
        InspectionReport report = DataInspector.Run(
            context.Values.Build<DataFilesOptions>().Files,
            [.. context.Values.Build<DataInspectOptions>().HeldOut.SelectMany(DataFile.At)],
            context.Values.Build<DataFileOptions>(),
            context.Values.Build<DedupOptions>(),
            DataWork.Progress(context),
            context.Cancellation);
        return DataWork.Tell(context, report.ToString().TrimEnd(), report.ToJson());
    }
}
