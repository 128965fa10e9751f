using Attune.Models;
using Attune.Tensors;

namespace Attune.Evaluation.Tasks;

/// <summary>Perplexity of one long text by windows (the usual method of the transformers documentation).</summary>
/// <remarks>
/// Windows start at 0, stride, 2 stride, ... and are computed on their own. In each, the tokens that no earlier window scored are scored, except the first of the window.
/// </remarks>
public static class PerplexityTask
{
    /// <summary>Scores a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">Its tokens.</param>
    /// <param name="window">Tokens of a window; at most what the model was made for.</param>
    /// <param name="stride">Tokens from the start of a window to that of the next; at most <paramref name="window"/>.</param>
    /// <param name="progress">Is told how many tokens are done.</param>
    /// <param name="cancellation">Stops between two windows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window or the stride is out of its range.</exception>
    public static LossResult Run(
        CausalLmModel model, ReadOnlySpan<int> ids, int window, int stride, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, window);
        int[] labels = new int[Math.Min(window, ids.Length)];
        int[] positions = [.. Enumerable.Range(0, labels.Length)];
        double sum = 0;
        long tokens = 0;
        int scored = 0;
        for (int start = 0; scored < ids.Length; start += stride)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = Math.Min(start + window, ids.Length);
            int length = end - start;
            for (int i = 0; i < length; i++)
            {
                labels[i] = start + i < scored ? CausalLmLoss.Ignored : ids[start + i];
            }

            if (CausalLmLoss.CountTargets(labels.AsSpan(0, length), [0, length]) > 0)
            {
                using StepScope scope = model.Device.Scope();
                using var pause = model.Device.Tape.Pause();
                (Tensor loss, int targets) = CausalLmLoss.Evaluate(model, ids[start..end], labels.AsSpan(0, length), positions.AsSpan(0, length), [0, length]);
                sum += loss.Item();
                tokens += targets;
            }

            scored = end;
            progress?.Invoke(scored);
        }

        return new LossResult(sum, tokens);
    }
}
