using Attune.Cli.Models;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Data.Tokenization;

namespace Attune.Cli.Training;

/// <summary>The rows that a run trains on and those that it is evaluated on.</summary>
/// <param name="Train">Rows to train on.</param>
/// <param name="HeldOut">Rows held out; empty for none.</param>
/// <param name="Report">What became of the rows of the training files.</param>
internal sealed record RunData(IReadOnlyList<TokenRow> Train, IReadOnlyList<TokenRow> HeldOut, DataReport Report)
{
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

    /// <summary>Reads and tokenises files with the settings that the user gave.</summary>
    public static TokenDataset Read(CommandContext context, IReadOnlyList<string> files, ModelText text)
    {
        var rows = new RowTokenizer(text.Tokenizer, text.Renderer, text.Source.EosToken, context.Values.Build<TokenizationOptions>());
        return TokenDataset.Load(
            [.. files.SelectMany(DataFile.At)], context.Values.Build<DataFileOptions>(), context.Values.Build<ColumnOptions>(), rows, context.Cancellation);
    }
}
