using Attune.Data.Rows;

namespace Attune.Data.Tokenization;

/// <summary>A data set ready to train on, and how it came about.</summary>
/// <param name="Rows">The rows in the order of the files.</param>
/// <param name="Report">What became of every row.</param>
public sealed record TokenDataset(IReadOnlyList<TokenRow> Rows, DataReport Report)
{
    private const string TooLong = "longer than max_length";

    /// <summary>Reads, shapes, tokenises and cuts the rows of files.</summary>
    /// <param name="files">The files, read in this order.</param>
    /// <param name="options">How files are read.</param>
    /// <param name="columns">What the columns hold.</param>
    /// <param name="tokenizer">Makes tokens and labels of rows.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="DataException">A file or row is bad and may not be skipped, or no row is left.</exception>
    public static TokenDataset Load(
        IReadOnlyList<DataFile> files, DataFileOptions options, ColumnOptions columns, RowTokenizer tokenizer, CancellationToken cancellation = default)
    {
        var report = new DataReportBuilder(options);
        var kept = new List<TokenRow>();
        foreach ((ReadExample example, (TokenRow? tokens, DataException? error)) in OrderedWork.Run(
            ExampleReader.Read(files, options, columns, report), example => Tokenize(example, tokenizer), cancellation))
        {
            if (error is not null)
            {
                report.Bad(error);
            }
            else if (tokens?.Length > tokenizer.Options.MaxLength && tokenizer.Options.ExcessLengthStrategy == "split" && tokens.TrainedTokens > 0)
            {
                Keep(example, Split(tokens, tokenizer.Options.MaxLength));
            }
            else if (Fit(example.Row, tokens, tokenizer.Options, report) is { } row)
            {
                Keep(example, [row]);
            }
        }

        return new TokenDataset(kept, report.Build());

        void Keep(ReadExample example, IReadOnlyList<TokenRow> parts)
        {
            report.Kept(example.File, parts.Max(part => part.Length), parts.Sum(part => part.Length), parts.Sum(part => part.TrainedTokens));
            kept.AddRange(parts);
        }
    }

    /// <summary>The parts of a row that have something to learn, each of at most <paramref name="length"/> tokens.</summary>
    private static List<TokenRow> Split(TokenRow tokens, int length)
    {
        var parts = new List<TokenRow>();

        // A part begins with the last token of the one before, so that every token but the row's first is predicted once.
        for (int start = 0; start < tokens.Length - 1; start += length - 1)
        {
            Range range = start..Math.Min(start + length, tokens.Length);
            var part = new TokenRow(tokens.InputIds[range], tokens.Labels[range], tokens.File, tokens.Line);
            if (part.TrainedTokens > 0)
            {
                parts.Add(part);
            }
        }

        return parts;
    }

    private static (TokenRow? Tokens, DataException? Error) Tokenize(ReadExample example, RowTokenizer tokenizer)
    {
        try
        {
            TokenRow? tokens = tokenizer.Tokenize(example.Row, example.Example);
            int most = tokenizer.Options.MaxLength;
            return tokens?.Length > most && tokenizer.Options.ExcessLengthStrategy == "raise"
                ? (null, example.Row.Wrong(TooLong, $"{tokens.Length} tokens, max_length = {most}"))
                : (tokens, null);
        }
        catch (DataException e) when (e.Line is not null)
        {
            return (null, e);
        }
    }

    /// <summary>The row, cut if it must be; null when nothing is left to learn.</summary>
    private static TokenRow? Fit(DataRow row, TokenRow? tokens, TokenizationOptions options, DataReportBuilder report)
    {
        bool tooLong = tokens?.Length > options.MaxLength;
        if (tokens is null || (tooLong && options.ExcessLengthStrategy == "drop"))
        {
            report.Skip(row.Place, tooLong ? TooLong : "the row is empty");
            return null;
        }

        if (tooLong)
        {
            tokens = new TokenRow(tokens.InputIds[..options.MaxLength], tokens.Labels[..options.MaxLength], row.File, row.Line);
        }

        if (tokens.TrainedTokens == 0)
        {
            report.Skip(row.Place, tooLong ? "nothing to learn is left of the row after the cut at max_length" : "the row has no token to learn");
            return null;
        }

        if (tooLong)
        {
            report.Cut(row.Place);
        }

        return tokens;
    }
}
