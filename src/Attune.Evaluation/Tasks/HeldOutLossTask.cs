using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Models;
using Attune.Tensors;

namespace Attune.Evaluation.Tasks;

/// <summary>Loss and perplexity over rows of a data set: the sum of the losses of all labelled tokens, divided once by their number.</summary>
public static class HeldOutLossTask
{
    /// <summary>Scores rows.</summary>
    /// <param name="model">The model, with its adapter if it has one.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="batchTokens">Rows go together while their tokens are at most this many. Default: 2,048.</param>
    /// <param name="progress">Is told how many rows are done.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public static LossResult Run(
        CausalLmModel model, IReadOnlyList<TokenRow> rows, int batchTokens = 2048, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        double sum = 0;
        long tokens = 0;
        int[] numbers = [.. Enumerable.Range(0, rows.Count)];
        for (int start = 0; start < rows.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = start;
            for (int used = 0; end < rows.Count && (end == start || used + rows[end].Length <= batchTokens); end++)
            {
                used += rows[end].Length;
            }

            Batch batch = Batch.Of(rows, numbers.AsSpan(start, end - start));
            if (batch.TrainedTokens > 0)
            {
                using StepScope scope = model.Device.Scope();
                using var pause = model.Device.Tape.Pause();
                (Tensor loss, int targets) = CausalLmLoss.Evaluate(model, batch.InputIds, batch.Labels, batch.PositionIds, batch.SequenceStarts);
                sum += loss.Item();
                tokens += targets;
            }

            start = end;
            progress?.Invoke(start);
        }

        return new LossResult(sum, tokens);
    }
}
