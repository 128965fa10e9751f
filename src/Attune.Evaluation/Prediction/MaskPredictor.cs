using Attune.Data.Batching;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Models.Heads;
using Attune.Tensors;
using Attune.Text;

namespace Attune.Evaluation.Prediction;

/// <summary>Tokens behind the masks of texts.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="maskId">The id of the mask.</param>
/// <param name="options">How predictions are made.</param>
public sealed class MaskPredictor(MaskedLmModel model, Tokenizer tokenizer, int maskId, PredictionOptions options) : TaskPredictor
{
    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] rows = [.. examples.SelectMany(example => example.Rows).Select(row => row.Tokens)];
        float[][] logits = MaskLogits(rows, cancellation);
        int next = 0;
        return
        [
            .. examples.Select(example =>
            {
                IEnumerable<float[]> masks = logits[next..(next += example.Rows.Count)].SelectMany(values => values.Chunk(model.Backbone.VocabSize));
                return new MaskPrediction([.. masks.Select(Best)]);
            }),
        ];
    }

    /// <inheritdoc/>
    /// <remarks>Loss and perplexity when every token but special ones is hidden in turn (Salazar et al. 2020).</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        double sum = 0;
        long count = 0;

        // A text stands in as many rows as it has tokens, so rows are made batch by batch.
        IEnumerable<TokenRow> texts = examples.SelectMany(example => example.Rows).Select(row => row.Tokens).OrderByDescending(row => row.Length);
        foreach (TokenRow[] rows in texts.SelectMany(Hidden).Chunk(options.PerDeviceEvalBatchSize))
        {
            LengthBatches.Run(model.Device, rows, rows.Length, batch => sum += model.SumLosses(LengthBatches.PassOf(model.Device, batch), batch.Labels).Sum.Item(), cancellation);
            count += rows.Length;
        }

        return [Figure("perplexity", Math.Exp(sum / count)), Figure("loss", sum / count)];
    }

    private IEnumerable<TokenRow> Hidden(TokenRow row) =>
        Enumerable.Range(0, row.Length).Where(place => !tokenizer.IsSpecial(row.InputIds[place])).Select(place => Hide(row, place));

    private TokenRow Hide(TokenRow row, int place)
    {
        int[] ids = [.. row.InputIds];
        int[] labels = new int[ids.Length];
        Array.Fill(labels, TokenRow.NoLoss);
        (ids[place], labels[place]) = (maskId, row.InputIds[place]);
        return new TokenRow(ids, labels) { LabelsAreOwn = true, TokenTypes = row.TokenTypes };
    }

    /// <summary>The logits of the masks of each row, one after the other.</summary>
    private float[][] MaskLogits(TokenRow[] rows, CancellationToken cancellation)
    {
        var results = new float[rows.Length][];
        LengthBatches.Run(model.Device, rows, options.PerDeviceEvalBatchSize, Fill, cancellation);
        return results;

        void Fill(Batch batch)
        {
            List<int> places = [];
            int[] counts = new int[batch.Sequences];
            for (int s = 0; s < counts.Length; s++)
            {
                TokenRow row = rows[batch.Rows[s]];
                for (int i = 0; i < row.Length; i++)
                {
                    if (row.InputIds[i] == maskId)
                    {
                        places.Add(batch.SequenceStarts[s] + i);
                        counts[s]++;
                    }
                }
            }

            int vocabulary = model.Backbone.VocabSize;
            float[] values = places.Count == 0 ? [] : model.LogitsAt(LengthBatches.PassOf(model.Device, batch), [.. places]).ToArray();
            int next = 0;
            for (int s = 0; s < counts.Length; s++)
            {
                results[batch.Rows[s]] = values[(next * vocabulary)..((next += counts[s]) * vocabulary)];
            }
        }
    }

    private (string Token, double Score)[] Best(float[] logits)
    {
        LengthBatches.Softmax(logits);
        return
        [
            .. Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).Take(options.TopTokens)
                .Select(id => (tokenizer.Decode([id]).Trim(), (double)logits[id])),
        ];
    }
}
