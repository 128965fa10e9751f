using System.Text.Json.Nodes;
using Attune.Cli.Planning;
using Attune.Cli.Tasks;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Nn;
using Attune.Training;

namespace Attune.Cli.Training;

/// <summary>What holding a model's frozen weights in 8 bits does to the loss: on a few rows, before anything is trained.</summary>
/// <param name="Loss">Mean loss with 8-bit weights.</param>
/// <param name="PlainLoss">The same with weights in the precision of products.</param>
/// <param name="Rows">The rows.</param>
internal sealed record EightBitEffect(double Loss, double PlainLoss, int Rows)
{
    /// <summary>A plain model is read for the comparison only where it takes this part of the memory at most: its rows need some, too.</summary>
    public const double PlainShare = 0.8;

    /// <summary>Tokens that the rows have together, unless one batch has more.</summary>
    private const int MostTokens = 4096;

    /// <summary>Rows to compare on: of those held out, else of those to train on.</summary>
    public static IReadOnlyList<TokenRow> Sample(RunData data, BatchOptions batches)
    {
        IReadOnlyList<TokenRow> rows = data.HeldOut.Count > 0 ? data.HeldOut : data.Train;
        int count = 0;
        for (int tokens = 0; count < rows.Count && (tokens < MostTokens || count < batches.PerDeviceTrainBatchSize); count++)
        {
            tokens += rows[count].Length;
        }

        return [.. rows.Take(count)];
    }

    /// <summary>The mean loss of a model on rows.</summary>
    public static double Measure(Network network, TaskData? task, IReadOnlyList<TokenRow> rows, BatchOptions batches) => Evaluator.MeanLoss(
        RunModel.ObjectiveOf(network, task), new DataLoader(rows, batches with { TrainSamplingStrategy = "sequential", Packing = false }, int.MaxValue));

    /// <summary>For a command's JSON result.</summary>
    public JsonObject ToJson() => new() { ["loss"] = Loss, ["loss_without"] = PlainLoss, ["rows"] = Rows };

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"8-bit weights: loss {Loss:F4} on {Rows:N0} rows, {PlainLoss:F4} without ({(Loss - PlainLoss) / PlainLoss:+0.00%;-0.00%})");
}
