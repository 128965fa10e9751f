using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Metrics;
using Attune.Models.Heads;

namespace Attune.Evaluation.Prediction;

/// <summary>Numbers of texts.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How predictions are made.</param>
public sealed class ValuePredictor(SequenceClassificationModel model, PredictionOptions options) : TaskPredictor
{
    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] rows = [.. examples.Select(example => example.Rows[0].Tokens)];
        float[][] values = LengthBatches.PerSequence(model, rows, options.PerDeviceEvalBatchSize, cancellation);
        return [.. values.Select(value => new ValuePrediction(value))];
    }

    /// <inheritdoc/>
    /// <remarks>Pearson's and Spearman's coefficient and the mean squared error; over all outputs where there are several.</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        double[] actual = [.. examples.SelectMany(example => ((SequenceExample)example.Example).Values!).Select(value => (double)value)];
        double[] predicted = [.. predictions.SelectMany(prediction => ((ValuePrediction)prediction).Values).Select(value => (double)value)];
        return
        [
            Figure("pearson", Correlation.Pearson(predicted, actual)),
            Figure("spearman", Correlation.Spearman(predicted, actual)),
            Figure("mse", actual.Zip(predicted, (meant, said) => (meant - said) * (meant - said)).Average()),
        ];
    }
}
