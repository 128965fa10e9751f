using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Metrics;
using Attune.Models.Heads;

namespace Attune.Evaluation.Prediction;

/// <summary>Classes of texts: one of each, or any number.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How predictions are made.</param>
public sealed class ClassPredictor(SequenceClassificationModel model, PredictionOptions options) : TaskPredictor
{
    private readonly LabelSet _labels = new(model.Labels);

    private bool IsSingle => model.Problem == ProblemType.SingleLabel;

    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] rows = [.. examples.Select(example => example.Rows[0].Tokens)];
        float[][] logits = LengthBatches.PerSequence(model, rows, options.PerDeviceEvalBatchSize, cancellation);
        return Array.ConvertAll(logits, Prediction);
    }

    /// <inheritdoc/>
    /// <remarks>One class: accuracy and macro F1 over the classes that occur. Several: micro and macro F1, and the share of rows that are right altogether.</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        if (IsSingle)
        {
            int[] actual = [.. examples.Select(example => _labels.IdOf(example.Example, LabelsOf(example)[0]))];
            int[] predicted = [.. predictions.Select((prediction, i) => _labels.IdOf(examples[i].Example, ((ClassPrediction)prediction).Labels[0]))];
            var scores = ClassificationScores.Of(actual, predicted);
            return [Figure("accuracy", scores.Accuracy), Figure("macro_f1", scores.MacroF1)];
        }

        int classes = _labels.Names.Count;
        bool[] meant = new bool[examples.Count * classes];
        bool[] said = new bool[meant.Length];
        for (int i = 0; i < examples.Count; i++)
        {
            Mark(meant.AsSpan(i * classes, classes), examples[i].Example, LabelsOf(examples[i]));
            Mark(said.AsSpan(i * classes, classes), examples[i].Example, ((ClassPrediction)predictions[i]).Labels);
        }

        var all = ClassificationScores.OfMultiLabel(meant, said, classes);
        return [Figure("micro_f1", all.Micro.F1), Figure("macro_f1", all.MacroF1), Figure("accuracy", all.Accuracy)];
    }

    private static IReadOnlyList<string> LabelsOf(EncodedExample example) => ((SequenceExample)example.Example).Labels!;

    private void Mark(Span<bool> row, TaskExample example, IReadOnlyList<string> labels)
    {
        foreach (string label in labels)
        {
            row[_labels.IdOf(example, label)] = true;
        }
    }

    private ClassPrediction Prediction(float[] logits)
    {
        if (IsSingle)
        {
            LengthBatches.Softmax(logits);
        }
        else
        {
            System.Numerics.Tensors.TensorPrimitives.Sigmoid(logits, logits);
        }

        (string Label, float Score)[] scores = [.. logits.Select((score, i) => (_labels.Names[i], score))];
        IEnumerable<(string Label, float Score)> chosen = IsSingle
            ? [scores.MaxBy(score => score.Score)]
            : scores.Where(score => score.Score >= options.Threshold).OrderByDescending(score => score.Score);
        return new ClassPrediction([.. chosen.Select(score => score.Label)], scores, IsSingle);
    }
}
