using Attune.Training;

namespace Attune.Cli.Training;

/// <summary>Ends a run behind a step.</summary>
internal sealed class StopObserver(CancellationTokenSource end, long lastStep) : ITrainingObserver
{
    public void OnStep(in StepReport step)
    {
        if (step.Step >= lastStep)
        {
            end.Cancel();
        }
    }
}
