using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Evaluation.Prediction;

/// <summary>Runs a model over rows in batches of rows of about the same length; nothing is recorded, dropout is off.</summary>
internal static class LengthBatches
{
    /// <summary>Gives each batch, the longest rows first, with the numbers of its rows in <see cref="Batch.Rows"/>. Tensors live until the next batch.</summary>
    public static void Run(Device device, IReadOnlyList<TokenRow> rows, int batchSize, Action<Batch> run, CancellationToken cancellation = default)
    {
        bool wasTraining = device.IsTraining;
        device.IsTraining = false;
        using var pause = device.Tape.Pause();
        try
        {
            foreach (int[] numbers in Enumerable.Range(0, rows.Count).OrderByDescending(row => rows[row].Length).Chunk(batchSize))
            {
                cancellation.ThrowIfCancellationRequested();
                using StepScope scope = device.Scope();
                run(Batch.Of(rows, numbers));
            }
        }
        finally
        {
            device.IsTraining = wasTraining;
        }
    }

    /// <summary>A batch as a model takes it.</summary>
    public static ForwardPass PassOf(Device device, Batch batch) =>
        new(TokenBatch.Create(device, batch.InputIds, batch.PositionIds, batch.SequenceStarts) with
        {
            TokenTypes = batch.TokenTypes.IsEmpty ? null : device.From(batch.TokenTypes, [batch.Tokens]),
        });

    /// <summary>What a model with a row of results per sequence says of each row.</summary>
    public static float[][] PerSequence(HeadModel model, IReadOnlyList<TokenRow> rows, int batchSize, CancellationToken cancellation) =>
        Collect(model, rows, batchSize, perToken: false, cancellation);

    /// <summary>What a model with a row of results per token says of each row: [T x width].</summary>
    public static float[][] PerToken(HeadModel model, IReadOnlyList<TokenRow> rows, int batchSize, CancellationToken cancellation) =>
        Collect(model, rows, batchSize, perToken: true, cancellation);

    private static float[][] Collect(HeadModel model, IReadOnlyList<TokenRow> rows, int batchSize, bool perToken, CancellationToken cancellation)
    {
        var results = new float[rows.Count][];
        Run(model.Device, rows, batchSize, Fill, cancellation);
        return results;

        void Fill(Batch batch)
        {
            float[] values = model.Logits(PassOf(model.Device, batch)).ToArray();
            int width = values.Length / (perToken ? batch.Tokens : batch.Sequences);
            for (int s = 0; s < batch.Sequences; s++)
            {
                (int start, int end) = perToken ? (batch.SequenceStarts[s], batch.SequenceStarts[s + 1]) : (s, s + 1);
                results[batch.Rows[s]] = values[(start * width)..(end * width)];
            }
        }
    }

    /// <summary>Softmax in place of logits.</summary>
    public static void Softmax(Span<float> logits)
    {
        float largest = System.Numerics.Tensors.TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (ref float value in logits)
        {
            value = MathF.Exp(value - largest);
            sum += value;
        }

        foreach (ref float value in logits)
        {
            value = (float)(value / sum);
        }
    }
}
