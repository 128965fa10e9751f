using Attune.Data.Batching;
using Attune.Tensors;

namespace Attune.Training.Planning;

/// <summary>Foretells the memory of tensors, packed weights and scratch of a run.</summary>
public static class MemoryPlanner
{
    /// <summary>Blocks gather in the pool as the sizes of batches change, so that one step does not show what many hold.</summary>
    private const int RehearsedSteps = 200;

    /// <summary>Steps without a new block after which there will hardly be any.</summary>
    private const int QuietSteps = 20;

    /// <summary>Steps among which the largest batch is looked for.</summary>
    private const int SearchedSteps = 20_000;

    /// <summary>The most bytes that the run will hold, without the process around it.</summary>
    /// <param name="backend">What counts; the model lies on it.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">How the run goes.</param>
    /// <param name="data">The batches.</param>
    /// <param name="heldOut">The batches of evaluations; null for none.</param>
    public static long PeakBytes(PlanningBackend backend, PlannedModel model, TrainingOptions options, DataLoader data, DataLoader? heldOut)
    {
        using var rehearsal = new StepRehearsal(model, options);
        long steps = options.TotalSteps(data.StepsPerEpoch);
        var cursor = default(DataCursor);
        int quiet = 0;
        for (long step = 0; step < Math.Min(steps, RehearsedSteps) && quiet < QuietSteps; step++)
        {
            long before = backend.PeakBytes;
            rehearsal.Step(data.ReadStep(ref cursor));
            quiet = backend.PeakBytes == before ? quiet + 1 : 0;
        }

        if (heldOut is not null && options.Evaluation.EvalStrategy != "no")
        {
            DataCursor longest = Largest(heldOut, heldOut.StepsPerEpoch);
            foreach (Batch batch in heldOut.ReadStep(ref longest))
            {
                rehearsal.Evaluate(batch);
            }
        }

        // The largest batch comes last, when the pool is full of others.
        DataCursor largest = Largest(data, steps);
        rehearsal.Step(data.ReadStep(ref largest));
        return backend.PeakBytes;
    }

    /// <summary>The step with the batch of the most tokens.</summary>
    private static DataCursor Largest(DataLoader data, long steps)
    {
        var cursor = default(DataCursor);
        DataCursor largest = cursor;
        int most = 0;
        for (long step = 0; step < Math.Min(steps, SearchedSteps); step++)
        {
            DataCursor here = cursor;
            int tokens = data.ReadStep(ref cursor).Max(batch => batch.Tokens + batch.OutputIds.Length + batch.NegativeIds.Length);
            if (tokens > most)
            {
                (most, largest) = (tokens, here);
            }
        }

        return largest;
    }
}
