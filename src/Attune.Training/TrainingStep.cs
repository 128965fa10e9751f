using Attune.Data.Batching;
using Attune.Tensors;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;
using Attune.Training.Optimizers;

namespace Attune.Training;

/// <summary>What an optimiser step consists of: the gradients of its batches, their norm, and the update. The trainer does steps to learn, planning to see what they take.</summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly IObjective _objective;
    private readonly TrainedWeights _weights;
    private readonly Device _device;
    private readonly GradientClip _clip;

    /// <summary>Takes memory for the optimiser.</summary>
    public TrainingStep(TrainingOptions options, IObjective objective, TrainedWeights weights)
    {
        (_options, _objective, _weights, _device) = (options, objective, weights, weights.Device);
        Optimizer = KnownOptimizers.Of(options.Optimizer.Optim).Create(_device, ParameterGroups.Create(weights.Parameters, options.Optimizer), options.Optimizer);
        _clip = new GradientClip(_device, weights.Parameters);
    }

    /// <summary>What changes the weights.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>Collects the gradients of all batches of a step.</summary>
    /// <param name="batches">The batches.</param>
    /// <param name="step">Number of the step, from 0: it decides the random numbers.</param>
    /// <returns>The loss as <see cref="TrainingOptions.LossReduction"/> says, the number of targets, and the number of tokens.</returns>
    public (double Loss, long Targets, long Tokens) Collect(IReadOnlyList<Batch> batches, long step)
    {
        long targets = 0;
        for (int i = 0; i < batches.Count; i++)
        {
            targets += _objective.CountTargets(batches[i]);
        }

        for (int i = 0; i < _weights.Parameters.Count; i++)
        {
            _weights.Parameters[i].Value!.ZeroGrad();
        }

        // A stream of random numbers for each step, so that dropout is the same after a resume.
        _device.Random = new RandomState(RandomState.Bits((ulong)_options.Seed, (ulong)step), 0);
        _device.IsTraining = true;
        double sum = 0;
        long tokens = 0;
        for (int i = 0; i < batches.Count; i++)
        {
            long own = _objective.CountTargets(batches[i]);
            if (own == 0)
            {
                continue;
            }

            using StepScope scope = _device.Scope();
            Tensor loss = _objective.SumLosses(batches[i], _options.GradientCheckpointing);
            double share = _options.LossReduction == TrainingOptions.BatchMeans ? (double)targets / own : 1;
            _device.Tape.Backward(loss, share / targets);
            sum += share * loss.Item();
            tokens += batches[i].Tokens;
        }

        _device.IsTraining = false;
        return (targets == 0 ? 0 : sum / targets, targets, tokens);
    }

    /// <summary>L2 norm of all gradients that were collected.</summary>
    public double Norm() => _clip.Norm();

    /// <summary>Changes the weights.</summary>
    /// <param name="learningRate">The schedule's learning rate.</param>
    /// <param name="norm">What <see cref="Norm"/> said, by which gradients are cut.</param>
    public void Update(double learningRate, double norm) => Optimizer.Step(learningRate, GradientClip.Coefficient(norm, _options.Optimizer.MaxGradNorm));

    /// <summary>Frees the optimiser's memory; the trained weights stay.</summary>
    public void Dispose()
    {
        Optimizer.Dispose();
        _clip.Dispose();
    }
}
