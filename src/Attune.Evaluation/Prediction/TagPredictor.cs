using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Metrics;
using Attune.Models.Heads;

namespace Attune.Evaluation.Prediction;

/// <summary>Tags of words; a word's first piece decides.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How predictions are made.</param>
public sealed class TagPredictor(TokenClassificationModel model, PredictionOptions options) : TaskPredictor
{
    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] rows = [.. examples.Select(example => example.Rows[0].Tokens)];
        float[][] logits = LengthBatches.PerToken(model, rows, options.PerDeviceEvalBatchSize, cancellation);
        return [.. examples.Select((example, i) => Prediction(example, logits[i]))];
    }

    /// <inheritdoc/>
    /// <remarks>F1, precision and recall of whole names as seqeval counts them, and the share of words with the right tag; words that were cut off do not count.</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        List<IReadOnlyList<string>> actual = [];
        List<IReadOnlyList<string>> predicted = [];
        for (int i = 0; i < examples.Count; i++)
        {
            IReadOnlyList<string?> said = ((TagPrediction)predictions[i]).Tags;
            IReadOnlyList<string> meant = ((TaggedExample)examples[i].Example).Tags!;
            actual.Add([.. meant.Where((_, word) => said[word] is not null)]);
            predicted.Add([.. said.OfType<string>()]);
        }

        Counts names = EntityScores.Of(actual, predicted).Micro;
        long words = actual.Sum(row => row.Count);
        long right = actual.Zip(predicted).Sum(pair => pair.First.Zip(pair.Second).Count(tags => tags.First == tags.Second));
        return [Figure("f1", names.F1), Figure("precision", names.Precision), Figure("recall", names.Recall), Figure("accuracy", (double)right / words)];
    }

    private TagPrediction Prediction(EncodedExample example, float[] logits)
    {
        IReadOnlyList<string> words = ((TaggedExample)example.Example).Words;
        var tags = new string?[words.Count];
        int classes = model.Labels.Count;
        foreach ((int token, int word) in TagRows.FirstPieces(example.Rows[0].Encoding))
        {
            tags[word] = model.Labels[System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.AsSpan(token * classes, classes))];
        }

        return new TagPrediction(words, tags);
    }
}
