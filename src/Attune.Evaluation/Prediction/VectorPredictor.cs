using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Metrics;
using Attune.Models.Heads;

namespace Attune.Evaluation.Prediction;

/// <summary>Vectors of texts.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How predictions are made.</param>
public sealed class VectorPredictor(SentenceEmbeddingModel model, PredictionOptions options) : TaskPredictor
{
    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] texts = [.. examples.Select(example => example.Rows[0].Tokens)];
        TokenRow[] partners = [.. texts.Where(row => row.OutputIds is not null).Select(row => new TokenRow(row.OutputIds!, new int[row.OutputIds!.Length]))];
        float[][] vectors = LengthBatches.PerSequence(model, [.. texts, .. partners], options.PerDeviceEvalBatchSize, cancellation);
        int next = texts.Length;
        return [.. texts.Select((row, i) => new VectorPrediction(vectors[i], row.OutputIds is null ? null : vectors[next++]))];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// For pairs with a number Spearman's and Pearson's coefficient of the cosines; for pairs that belong together how often a text is nearest to its own partner among all, and the mean of one over the
    /// partner's rank.
    /// </remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        VectorPrediction[] vectors = [.. predictions.Cast<VectorPrediction>()];
        SimilarExample[] pairs = [.. examples.Select(example => (SimilarExample)example.Example)];
        if (pairs.All(pair => pair.Score is not null))
        {
            double[] cosines = [.. vectors.Select(pair => Cosine(pair.Vector, pair.Other!))];
            double[] scores = [.. pairs.Select(pair => (double)pair.Score!.Value)];
            return [Figure("spearman", Correlation.Spearman(cosines, scores)), Figure("pearson", Correlation.Pearson(cosines, scores))];
        }

        int[] ranks = new int[vectors.Length];
        Parallel.For(0, ranks.Length, i =>
        {
            double own = Cosine(vectors[i].Vector, vectors[i].Other!);
            ranks[i] = 1 + vectors.Count(other => Cosine(vectors[i].Vector, other.Other!) > own);
        });
        return [Figure("accuracy", ranks.Average(rank => rank == 1 ? 1.0 : 0)), Figure("mrr", ranks.Average(rank => 1.0 / rank))];
    }

    private static double Cosine(float[] x, float[] y) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(x, y);
}
