using Attune.Cli.Models;
using Attune.Data;
using Attune.Data.Batching;
using Attune.Data.Rows;
using Attune.Data.Tokenization;

namespace Attune.Cli.Training;

/// <summary>The rows that a run trains on and those that it is evaluated on.</summary>
/// <param name="Train">Rows to train on.</param>
/// <param name="HeldOut">Rows held out; empty for none.</param>
/// <param name="Report">What became of the rows of the training files.</param>
internal sealed record RunData(IReadOnlyList<TokenRow> Train, IReadOnlyList<TokenRow> HeldOut, DataReport Report)
{
    /// <summary>The batches of the training rows.</summary>
    public DataLoader TrainBatches(BatchOptions batches, int maxLength) => new(Train, batches, maxLength);

    /// <summary>The batches of the held-out rows, in order and each row on its own; null when there are none.</summary>
    public DataLoader? HeldOutBatches(BatchOptions batches, int maxLength) =>
        HeldOut.Count == 0 ? null : new DataLoader(HeldOut, batches with { TrainSamplingStrategy = "sequential", Packing = false }, maxLength);

    /// <summary>The same rows, none of them longer than a number of tokens.</summary>
    public RunData Cut(int tokens) => this with { Train = [.. Train.Select(row => Cut(row, tokens))], HeldOut = [.. HeldOut.Select(row => Cut(row, tokens))] };

    /// <summary>Reads and tokenises the data of a run.</summary>
    public static RunData Load(CommandContext context, RunOptions run, ModelText text)
    {
        SplitOptions split = context.Values.Build<SplitOptions>();
        if (run.EvalData.Count > 0 && split.ValSetSize > 0)
        {
            throw new UsageException("eval_data and val_set_size exclude each other: one names rows to evaluate on, the other takes them from the data");
        }

        TokenDataset data = Read(context, run.Data, text);
        context.Terminal.Note(data.Report.ToString().TrimEnd());
        if (run.EvalData.Count > 0)
        {
            TokenDataset heldOut = Read(context, run.EvalData, text);
            context.Terminal.Note($"held out:\n{heldOut.Report.ToString().TrimEnd()}");
            return new RunData(data.Rows, heldOut.Rows, data.Report);
        }

        HeldOutSplit parts = HeldOutSplit.Of(data.Rows, split);
        if (parts.HeldOut.Count > 0)
        {
            context.Terminal.Note($"held out: {parts.HeldOut.Count} of {data.Rows.Count} rows");
        }

        return new RunData(parts.Train, parts.HeldOut, data.Report);
    }

    // Every token is trained, because the cut may leave none that was.
    private static TokenRow Cut(TokenRow row, int tokens) => row.Length <= tokens ? row : new TokenRow(row.InputIds[..tokens], row.InputIds[..tokens]);

    /// <summary>Reads and tokenises files with the settings that the user gave.</summary>
    public static TokenDataset Read(CommandContext context, IReadOnlyList<string> files, ModelText text)
    {
        var rows = new RowTokenizer(text.Tokenizer, text.Renderer, text.Source.EosToken, context.Values.Build<TokenizationOptions>());
        return TokenDataset.Load(
            [.. files.SelectMany(DataFile.At)], context.Values.Build<DataFileOptions>(), context.Values.Build<ColumnOptions>(), rows, context.Cancellation);
    }
}
