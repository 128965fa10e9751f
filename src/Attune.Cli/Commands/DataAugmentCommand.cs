using System.Text.Json.Nodes;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Processing;

namespace Attune.Cli.Commands;

/// <summary><c>attune data augment</c>.</summary>
internal sealed class DataAugmentCommand : ToolCommand
{
    public override string Name => "data augment";

    public override string Summary => "Add varied copies of rows (EDA): synonyms, words inserted, swapped and left out, typos.";

    public override IReadOnlyList<string> Remarks =>
    [
        "For training rows only: split first (attune data split), or copies of a row end up on both sides. Words are what stands between white space; in a copy one blank stands between them.",
        "Whether it helps depends on the data: with a few hundred rows often, with many thousands hardly ever.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune data augment train.jsonl --output more.jsonl",
        "attune data augment train.csv --operations synonym_replacement random_swap --synonyms synonyms.json --copies 4 --seed 7 --columns text --output more.jsonl",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "rows_read", "rows_written", "copies", "unchanged", "left_out", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<DataOutputOptions>("Data")
        .Add<AugmentOptions>("Augmentation")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        DataFilesOptions data = context.Values.Build<DataFilesOptions>();
        DataOutputOptions target = context.Values.Build<DataOutputOptions>();
        string output = data.RequireOutput(target.Output, target.Force);
        AugmentReport report = DataAugmenter.Run(
            data.Files, output, context.Values.Build<DataFileOptions>(), context.Values.Build<AugmentOptions>(), DataWork.Progress(context), context.Cancellation);
        return DataWork.Tell(context, output, report);
    }
}
