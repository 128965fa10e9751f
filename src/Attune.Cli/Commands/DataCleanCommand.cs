using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Processing;

namespace Attune.Cli.Commands;

/// <summary><c>attune data clean</c>.</summary>
internal sealed class DataCleanCommand : ToolCommand
{
    public override string Name => "data clean";

    public override string Summary => "Repair the texts of a data set: misread encodings, references, control characters, widths; on request HTML, quotes, white space, personal data and texts of low quality.";

    public override IReadOnlyList<string> Examples =>
    [
        "attune data clean reviews.csv --output reviews.jsonl",
        "attune data clean tickets.jsonl --mask-pii --strip-html --collapse-white-space --output clean.jsonl",
        "attune data clean pages.jsonl --quality gopher --min-words 20 --max-upper-share 0.5 --columns text --output good.jsonl",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "rows_read", "rows_written", "rows_changed", "masked", "left_out", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<DataOutputOptions>("Data")
        .Add<CleanOptions>("Cleaning")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        DataFilesOptions data = context.Values.Build<DataFilesOptions>();
        DataOutputOptions target = context.Values.Build<DataOutputOptions>();
        string output = data.RequireOutput(target.Output, target.Force);
        CleanReport report = DataCleaner.Run(
            data.Files, output, context.Values.Build<DataFileOptions>(), context.Values.Build<CleanOptions>(), DataWork.Progress(context), context.Cancellation);
        return DataWork.Tell(context, output, report);
    }
}
