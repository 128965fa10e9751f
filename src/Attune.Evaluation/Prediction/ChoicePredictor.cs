using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Models.Heads;
using Attune.Tensors;

namespace Attune.Evaluation.Prediction;

/// <summary>The best of several texts.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How predictions are made.</param>
public sealed class ChoicePredictor(MultipleChoiceModel model, PredictionOptions options) : TaskPredictor
{
    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] rows = [.. examples.Select(example => example.Rows[0].Tokens)];
        float[][] scores = [.. rows.Select(row => new float[row.Parts!.Length])];
        int[] next = new int[rows.Length];
        LengthBatches.Run(
            model.Device,
            rows,
            options.PerDeviceEvalBatchSize,
            batch =>
            {
                float[] values = model.Logits(LengthBatches.PassOf(model.Device, batch)).ToArray();
                for (int s = 0; s < values.Length; s++)
                {
                    int row = batch.Rows[s];
                    scores[row][next[row]++] = values[s];
                }
            },
            cancellation);
        return [.. examples.Select((example, i) => Prediction((ChoiceExample)example.Example, scores[i]))];
    }

    /// <inheritdoc/>
    /// <remarks>The share of questions whose right choice was found.</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default) =>
        [Figure("accuracy", predictions.Zip(examples, (said, meant) => ((ChoicePrediction)said).Choice == ((ChoiceExample)meant.Example).Right ? 1.0 : 0).Average())];

    private static ChoicePrediction Prediction(ChoiceExample example, float[] scores)
    {
        LengthBatches.Softmax(scores);
        int best = Array.IndexOf(scores, scores.Max());
        return new ChoicePrediction(best, example.Choices[best], scores);
    }
}
