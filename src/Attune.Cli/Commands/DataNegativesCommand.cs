using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Hub;
using Attune.Retrieval.Processing;

namespace Attune.Cli.Commands;

/// <summary>What <c>attune data negatives</c> searches.</summary>
internal sealed record CorpusOptions
{
    /// <summary>Files, or hf:org/name, of the texts to search; their extensions name their formats. Default: the positives of all pairs.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> Corpus { get; init; } = [];
}

/// <summary><c>attune data negatives</c>.</summary>
internal sealed class DataNegativesCommand : ToolCommand
{
    public override string Name => "data negatives";

    public override string Summary => "Find hard negatives for pairs that embeddings learn from: texts that share words with the anchor and are no right answers (BM25).";

    public override IReadOnlyList<string> Remarks =>
    [
        "Writes the columns anchor, positive and negative (or negative_1, negative_2 ...), which attune train --task embed and sentence-transformers read.",
        "What the data gives as a positive of the same anchor is never its negative; a right answer that the data does not know can be. --range-min and --max-score-share pass over the likeliest of these.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune data negatives questions.jsonl --output triplets.jsonl",
        "attune data negatives questions.jsonl --corpus passages.jsonl --num-negatives 3 --range-min 2 --max-score-share 0.95 --output tuples.jsonl",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "rows_read", "rows_written", "corpus_texts", "mean_rank", "left_out", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<CorpusOptions>("Data")
        .Add<DataOutputOptions>("Data")
        .Add<NegativesOptions>("Negatives")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        DataFilesOptions data = context.Values.Build<DataFilesOptions>();
        DataOutputOptions target = context.Values.Build<DataOutputOptions>();
        string output = data.RequireOutput(target.Output, target.Force);
        IReadOnlyList<string> corpus = context.Values.Build<CorpusOptions>().Corpus;
        OutputPath.RequireNoneOf(corpus, output);
        NegativesReport report = NegativeMiner.Run(
            data.Files, [.. corpus.SelectMany(DataFile.At)], output, context.Values.Build<DataFileOptions>(), context.Values.Build<NegativesOptions>(), DataWork.Progress(context), context.Cancellation);
        return DataWork.Tell(context, output, report);
    }
}
