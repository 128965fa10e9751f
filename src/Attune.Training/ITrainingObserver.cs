namespace Attune.Training;

/// <summary>What a run is going to do.</summary>
/// <param name="TotalSteps">Optimiser steps of the whole run.</param>
/// <param name="StepsPerEpoch">Optimiser steps of one pass over the data.</param>
/// <param name="FirstStep">Steps that were done before, in a run that was interrupted.</param>
/// <param name="TrainableParameters">Number of trained weights.</param>
/// <param name="LogHistory">The log of the steps that were done before.</param>
public readonly record struct TrainingPlan(long TotalSteps, int StepsPerEpoch, long FirstStep, long TrainableParameters, IReadOnlyList<LogEntry> LogHistory);

/// <summary>One optimiser step that was done.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Epoch">Passes over the data done.</param>
/// <param name="Loss">Mean loss of its targets; 0 when it had none.</param>
/// <param name="GradNorm">L2 norm of its gradient before it was cut.</param>
/// <param name="LearningRate">The learning rate that it used.</param>
/// <param name="Targets">Number of its targets; 0: nothing was learnt.</param>
/// <param name="InputTokens">Tokens that went through the model.</param>
/// <param name="Seconds">Wall time.</param>
public readonly record struct StepReport(long Step, double Epoch, double Loss, double GradNorm, double LearningRate, long Targets, long InputTokens, double Seconds);

/// <summary>Watches a run: progress on the screen, logs, dashboards. Called on the run's thread; members have empty defaults.</summary>
public interface ITrainingObserver
{
    /// <summary>The run begins.</summary>
    void OnStart(in TrainingPlan plan)
    {
    }

    /// <summary>A step is done; called for every step, so it should allocate nothing.</summary>
    void OnStep(in StepReport step)
    {
    }

    /// <summary>An entry was added to the log: of training every <see cref="TrainingOptions.LoggingSteps"/> steps, of every evaluation.</summary>
    void OnLog(LogEntry entry)
    {
    }

    /// <summary>A checkpoint is complete.</summary>
    void OnCheckpoint(string path)
    {
    }

    /// <summary>Something the user should know, which does not stop the run.</summary>
    void OnWarning(string message)
    {
    }
}
