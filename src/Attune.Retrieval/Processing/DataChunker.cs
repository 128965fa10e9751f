using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Attune.Data;
using Attune.Data.Processing;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Retrieval.Chunking;
using Attune.Text;

namespace Attune.Retrieval.Processing;

/// <summary>How documents are cut into chunks.</summary>
public sealed record ChunkOptions
{
    /// <summary>Where documents are cut: <c>recursive</c> (default: at paragraphs, lines, blanks, as coarse as the size allows), <c>sentences</c> (whole sentences, as many as fit) or <c>windows</c> (anywhere, all of one size).</summary>
    public string Method { get; init; } = "recursive";

    /// <summary>Most characters (code points) of a chunk, or tokens with a tokenizer. Range: 1 and up. Default: 1000 characters or 256 tokens.</summary>
    public int? Size { get; init; }

    /// <summary>Most characters or tokens that neighbouring chunks share. Range: 0 to less than the size. Default: 0.</summary>
    public int Overlap { get; init; }

    /// <summary>Column of the documents. Default: <c>text</c>, <c>content</c>, <c>document</c>, <c>article</c> or <c>body</c>.</summary>
    public string? TextColumn { get; init; }

    /// <summary>The size for characters or for tokens.</summary>
    internal int SizeFor(bool inTokens) => Size ?? (inTokens ? 256 : 1000);

    /// <summary>Checks every value against its range.</summary>
    /// <param name="inTokens">Whether sizes are counted in tokens.</param>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate(bool inTokens)
    {
        if (Method is not ("recursive" or "sentences" or "windows"))
        {
            throw new DataException($"method must be one of recursive, sentences, windows; it is '{Method}'.");
        }

        int size = SizeFor(inTokens);
        if (size < 1 || Overlap < 0 || Overlap >= size)
        {
            throw new DataException($"size must be at least 1 and overlap from 0 to less than it; they are {size} and {Overlap}.");
        }
    }
}

/// <summary>What cutting documents into chunks did.</summary>
public sealed record ChunkReport : RowsReport
{
    /// <summary>What sizes are counted in: <c>characters</c> or <c>tokens</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Chunks written.</summary>
    public required long RowsWritten { get; init; }

    /// <summary>Mean size of the chunks.</summary>
    public required double MeanSize { get; init; }

    /// <summary>Size of the largest chunk.</summary>
    public required int LargestSize { get; init; }

    /// <inheritdoc/>
    public override string ToJson() => JsonSerializer.Serialize(this, RetrievalJson.Default.ChunkReport);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines() =>
        [string.Create(CultureInfo.InvariantCulture, $"documents: {RowsRead:N0} read; chunks: {RowsWritten:N0} written, of {MeanSize:N1} {Unit} in the mean, {LargestSize:N0} at most")];
}

/// <summary>Cuts the documents of a data set into chunks, a row each; streams, so the size of the data does not matter.</summary>
public static class DataChunker
{
    private const string NumberColumn = "chunk";
    private const string StartColumn = "chunk_start";
    private const string EndColumn = "chunk_end";

    private static readonly string[] UsualColumns = ["text", "content", "document", "article", "body"];

    /// <summary>Writes the chunks as JSON lines: the columns of the document with the chunk in the place of its text, the chunk's number, and where it starts and ends in code points.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="output">The file to write; complete or not at all.</param>
    /// <param name="reading">How files are read.</param>
    /// <param name="options">How documents are cut.</param>
    /// <param name="tokenizer">Whose tokens sizes are counted in; null for code points.</param>
    /// <param name="progress">Is told how many rows were read.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, or an option is out of its range.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    public static ChunkReport Run(
        IReadOnlyList<DataFile> files, string output, DataFileOptions reading, ChunkOptions options, Tokenizer? tokenizer = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        options.Validate(tokenizer is not null);
        var stream = new RowStream(files, reading, progress);
        var left = new RowGroupCounter();
        long sum = 0;
        int largest = 0;
        using var writer = new JsonLinesWriter(output);
        foreach ((_, DataRow row, List<(int Size, byte[] Line)> chunks) in stream.Select(row => Cut(row, options, tokenizer), cancellation))
        {
            if (chunks.Count == 0)
            {
                left.Add("the row has no text", row.Place);
            }

            foreach ((int size, byte[] line) in chunks)
            {
                writer.Write(line);
                sum += size;
                largest = Math.Max(largest, size);
            }
        }

        writer.Commit();
        return new ChunkReport
        {
            RowsRead = stream.RowsRead,
            RowsWritten = writer.Rows,
            Unit = tokenizer is null ? "characters" : "tokens",
            MeanSize = writer.Rows == 0 ? 0 : (double)sum / writer.Rows,
            LargestSize = largest,
            LeftOut = [.. stream.BadRows, .. left.Report()],
        };
    }

    /// <summary>The chunks of a text in order.</summary>
    /// <param name="text">The text.</param>
    /// <param name="units">What sizes are counted in, of this text.</param>
    /// <param name="options">How it is cut.</param>
    /// <param name="size">Units of a chunk at most.</param>
    internal static IEnumerable<TextSpan> Split(string text, TextUnits units, ChunkOptions options, int size) => options.Method switch
    {
        "windows" => Windows.Split(text, units, size, options.Overlap),
        "sentences" => new RecursiveSplitter(size, options.Overlap).Join(text, units, SentenceSplitter.Split(text)),
        _ => new RecursiveSplitter(size, options.Overlap).Split(text, units),
    };

    private static List<(int Size, byte[] Line)> Cut(DataRow row, ChunkOptions options, Tokenizer? tokenizer)
    {
        string column = TaskColumns.Find(row, options.TextColumn, "text_column", UsualColumns);
        string text = row.Text(column);
        if (Array.Find([NumberColumn, StartColumn, EndColumn], name => row.Value.TryGetProperty(name, out _)) is { } taken)
        {
            throw row.Wrong($"there is a column '{taken}' already, which chunks get; rename it");
        }

        TextUnits codePoints = TextUnits.CodePointsOf(text);
        TextUnits units = tokenizer is null ? codePoints : Tokens(row, text, tokenizer);
        var chunks = new List<(int, byte[])>();
        foreach (TextSpan chunk in Split(text, units, options, options.SizeFor(tokenizer is not null)))
        {
            byte[] line = JsonLinesWriter.ToLine(row, json =>
            {
                json.WriteStartObject();
                foreach (JsonProperty property in row.Value.EnumerateObject())
                {
                    json.WritePropertyName(property.Name);
                    if (property.Name == column)
                    {
                        json.WriteStringValue(text.AsSpan(chunk.Start, chunk.Length));
                    }
                    else
                    {
                        property.Value.WriteTo(json);
                    }
                }

                json.WriteNumber(NumberColumn, chunks.Count);
                json.WriteNumber(StartColumn, codePoints.Measure(0, chunk.Start));
                json.WriteNumber(EndColumn, codePoints.Measure(0, chunk.End));
                json.WriteEndObject();
            });
            chunks.Add((units.Measure(chunk.Start, chunk.End), line));
        }

        return chunks;
    }

    private static TextUnits Tokens(DataRow row, string text, Tokenizer tokenizer)
    {
        try
        {
            return TextUnits.TokensOf(text, tokenizer);
        }
        catch (TextException error)
        {
            throw row.Wrong("the row cannot be tokenised", error.Message, error);
        }
    }
}

/// <summary>The reports' JSON, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChunkReport))]
[JsonSerializable(typeof(NegativesReport))]
internal sealed partial class RetrievalJson : JsonSerializerContext;
