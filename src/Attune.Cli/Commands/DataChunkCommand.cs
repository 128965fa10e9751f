using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Data;
using Attune.Hub;
using Attune.Retrieval.Processing;

namespace Attune.Cli.Commands;

/// <summary>What <c>attune data chunk</c> counts sizes in.</summary>
internal sealed record ChunkTokenizerOptions
{
    /// <summary>Count sizes in tokens of this tokenizer: a model folder, tokenizer.json, vocab.txt, a SentencePiece model, a tiktoken rank file, a GGUF file, or hf:org/name. Default: sizes are characters.</summary>
    [Place(HubKind.Model, WithoutWeights = true, OrFile = true)]
    public string? Tokenizer { get; init; }
}

/// <summary><c>attune data chunk</c>.</summary>
internal sealed class DataChunkCommand : ToolCommand
{
    public override string Name => "data chunk";

    public override string Summary => "Cut documents into chunks, a row each: at paragraphs and lines, whole sentences, or windows, by characters or tokens.";

    public override IReadOnlyList<string> Remarks =>
    [
        "A chunk keeps the columns of its document and gets its number in it (chunk) and where it starts and ends in code points (chunk_start, chunk_end).",
        "Tokens are counted in the whole document; a chunk that is tokenised on its own may have a token more or fewer at a cut, and special tokens around it.",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune data chunk articles.jsonl --output chunks.jsonl",
        "attune data chunk articles.jsonl --method sentences --tokenizer all-MiniLM-L6-v2 --size 200 --overlap 40 --output chunks.jsonl",
    ];

    public override IReadOnlyList<string> Operands => ["data"];

    public override IReadOnlyList<string> JsonFields => ["output", "rows_read", "rows_written", "unit", "mean_size", "largest_size", "left_out", "peak_rss_bytes"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<DataFilesOptions>("Data")
        .Add<DataOutputOptions>("Data")
        .Add<ChunkOptions>("Chunks")
        .Add<ChunkTokenizerOptions>("Chunks")
        .Add<DataFileOptions>("Data files");

    public override JsonObject Run(CommandContext context)
    {
        DataFilesOptions data = context.Values.Build<DataFilesOptions>();
        DataOutputOptions target = context.Values.Build<DataOutputOptions>();
        string output = data.RequireOutput(target.Output, target.Force);
        string? tokenizer = context.Values.Build<ChunkTokenizerOptions>().Tokenizer;
        ChunkReport report = DataChunker.Run(
            data.Files, output, context.Values.Build<DataFileOptions>(), context.Values.Build<ChunkOptions>(), tokenizer is null ? null : AnyTokenizer.Load(tokenizer).Tokenizer,
            DataWork.Progress(context), context.Cancellation);
        return DataWork.Tell(context, output, report);
    }
}
