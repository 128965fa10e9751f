using Attune.Data.Batching;
using Attune.Tensors;
using Attune.Training.Objectives;

namespace Attune.Training;

/// <summary>Measures the loss on held-out rows.</summary>
public static class Evaluator
{
    /// <summary>The mean loss over all targets of one pass over the rows.</summary>
    /// <remarks>
    /// Sum of all losses / number of all targets, so it does not depend on the batches. (Hugging Face's trainer gives the mean of the batches' means, weighted by rows.)
    /// Dropout is off and nothing is recorded.
    /// </remarks>
    /// <exception cref="TrainingException">The rows have no target, or the loss is not a finite number.</exception>
    public static double MeanLoss(IObjective objective, DataLoader data)
    {
        Device device = objective.Device;
        bool wasTraining = device.IsTraining;
        device.IsTraining = false;
        using var pause = device.Tape.Pause();
        double sum = 0;
        long targets = 0;
        var cursor = default(DataCursor);
        while (cursor.Epoch == 0)
        {
            IReadOnlyList<Batch> batches = data.ReadStep(ref cursor);
            for (int i = 0; i < batches.Count; i++)
            {
                if (objective.CountTargets(batches[i]) is > 0 and var count)
                {
                    using StepScope scope = device.Scope();
                    sum += objective.SumLosses(batches[i], recompute: false).Item();
                    targets += count;
                }
            }
        }

        device.IsTraining = wasTraining;
        Check.Require(targets > 0, "the held-out rows have no token with a label, so there is nothing to evaluate.");
        Check.Require(double.IsFinite(sum), $"the loss on the held-out rows is {sum}: the weights have diverged; lower the learning rate.");
        return sum / targets;
    }
}
