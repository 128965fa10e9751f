using Attune.Data.Batching;
using Attune.Models.Heads;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>
/// Prediction of hidden tokens (Devlin et al. 2019): of each row a share of the tokens, at least one, is chosen anew at every step; 80 % of them are replaced by the mask, 10 %
/// by any token, 10 % stay.
/// </summary>
/// <remarks>The number of chosen tokens of a row is fixed, so that the divisor of a step is known before; their places come from the device's random state.</remarks>
public sealed class MaskedLmObjective : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "mlm";

    private const double ReplacedByMask = 0.8;
    private const double ReplacedByAny = 0.9;

    private readonly MaskedLmModel _model;
    private readonly int _maskId;
    private readonly Func<int, bool> _isSpecial;
    private readonly double _probability;

    /// <summary>Makes the objective.</summary>
    /// <param name="model">The model, with its adapter if it has one.</param>
    /// <param name="maskId">The id that stands for a hidden token.</param>
    /// <param name="isSpecial">Says which ids are never hidden.</param>
    /// <param name="probability">Share of the tokens that are predicted, in (0, 1).</param>
    /// <exception cref="TrainingException">A value is out of its range.</exception>
    public MaskedLmObjective(MaskedLmModel model, int maskId, Func<int, bool> isSpecial, double probability = 0.15)
    {
        Check.Require(maskId >= 0 && maskId < model.Backbone.VocabSize, $"the mask's id {maskId} is not in the model's vocabulary of {model.Backbone.VocabSize}.");
        Check.Require(probability is > 0 and < 1, $"mlm_probability must be above 0 and below 1; it is {probability}.");
        (_model, _maskId, _isSpecial, _probability) = (model, maskId, isSpecial, probability);
    }

    /// <summary>Makes the objective from settings.</summary>
    /// <exception cref="TrainingException">The mask's id is missing, or a value is out of its range.</exception>
    public static MaskedLmObjective Create(MaskedLmModel model, ObjectiveSettings settings) => settings.MaskId is { } mask
        ? new MaskedLmObjective(model, mask, settings.IsSpecial, settings.MlmProbability)
        : throw new TrainingException("masked language modelling needs the id of the mask token, and the tokenizer has none.");

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => _model.Device;

    /// <inheritdoc/>
    public long CountTargets(Batch batch)
    {
        long count = 0;
        for (int s = 0; s < batch.Sequences; s++)
        {
            count += Chosen(Candidates(batch, s).Count);
        }

        return count;
    }

    /// <inheritdoc/>
    /// <exception cref="TensorException">A token id is not in the model's vocabulary.</exception>
    public Tensor SumLosses(Batch batch, bool recompute)
    {
        int[] ids = batch.InputIds.ToArray();
        int[] labels = new int[ids.Length];
        Array.Fill(labels, HeadModel.Ignored);
        RandomState random = Device.Random;
        for (int s = 0; s < batch.Sequences; s++)
        {
            Hide(ids, labels, Candidates(batch, s), ref random);
        }

        Device.Random = random;
        return _model.SumLosses(new Nn.ForwardPass(BatchPass.TokensOf(Device, batch, ids)) { Recompute = recompute }, labels).Sum;
    }

    private int Chosen(int candidates) => candidates == 0 ? 0 : Math.Max(1, (int)Math.Round(candidates * _probability, MidpointRounding.AwayFromZero));

    private List<int> Candidates(Batch batch, int sequence)
    {
        List<int> places = [];
        for (int i = batch.SequenceStarts[sequence]; i < batch.SequenceStarts[sequence + 1]; i++)
        {
            if (!_isSpecial(batch.InputIds[i]))
            {
                places.Add(i);
            }
        }

        return places;
    }

    /// <summary>Draws places without putting back (the first steps of a Fisher-Yates shuffle).</summary>
    private void Hide(int[] ids, int[] labels, List<int> candidates, ref RandomState random)
    {
        int chosen = Chosen(candidates.Count);
        for (int i = 0; i < chosen; i++)
        {
            int other = i + (int)(Draw(ref random) * (candidates.Count - i));
            (candidates[i], candidates[other]) = (candidates[other], candidates[i]);
            int place = candidates[i];
            labels[place] = ids[place];
            double kind = Draw(ref random);
            ids[place] = kind < ReplacedByMask ? _maskId : kind < ReplacedByAny ? (int)(Draw(ref random) * _model.Backbone.VocabSize) : ids[place];
        }
    }

    private static double Draw(ref RandomState random)
    {
        double value = (RandomState.Bits(random.Seed, random.Counter) >> 11) * (1.0 / (1UL << 53));
        random = random.Advance(1);
        return value;
    }
}
