using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Metrics;
using Attune.Models.Heads;
using Attune.Text;

namespace Attune.Evaluation.Prediction;

/// <summary>Answers to questions: of the 20 best starts and ends in each window of the text the pair with the highest sum of logits.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How predictions are made.</param>
/// <param name="allowNoAnswer">Whether a question may have no answer; then the first token of the windows stands for it.</param>
public sealed class AnswerPredictor(QuestionAnsweringModel model, PredictionOptions options, bool allowNoAnswer = false) : TaskPredictor
{
    private const int Best = 20;

    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        TokenRow[] rows = [.. examples.SelectMany(example => example.Rows).Select(row => row.Tokens)];
        float[][] logits = LengthBatches.PerToken(model, rows, options.PerDeviceEvalBatchSize, cancellation);
        var predictions = new TaskPrediction[examples.Count];
        int next = 0;
        for (int i = 0; i < predictions.Length; i++)
        {
            predictions[i] = Prediction(examples[i], logits.AsSpan(next, examples[i].Rows.Count));
            next += examples[i].Rows.Count;
        }

        return predictions;
    }

    /// <inheritdoc/>
    /// <remarks>Exact match and F1 as SQuAD has them, in percent.</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        AnswerScores[] scores =
        [
            .. examples.Zip(predictions, (example, prediction) =>
            {
                IReadOnlyList<Answer> answers = ((QuestionExample)example.Example).Answers!;
                return AnswerScores.Best(((AnswerPrediction)prediction).Text, answers.Count == 0 ? [""] : [.. answers.Select(answer => answer.Text)]);
            }),
        ];
        return [Figure("f1", 100 * scores.Average(score => score.F1)), Figure("exact_match", 100 * scores.Average(score => score.ExactMatch))];
    }

    private AnswerPrediction Prediction(EncodedExample example, ReadOnlySpan<float[]> logits)
    {
        var question = (QuestionExample)example.Example;
        (float Score, int Start, int End) best = (float.NegativeInfinity, 0, 0);
        double likelihoods = 0;
        float nothing = float.PositiveInfinity;
        for (int window = 0; window < logits.Length; window++)
        {
            // What no window has an answer for has none: the least certain of them counts.
            nothing = Math.Min(nothing, logits[window][0] + logits[window][1]);
            foreach ((float score, int start, int end) in Spans(example.Rows[window].Encoding, logits[window]))
            {
                likelihoods += Math.Exp(score);
                best = score > best.Score ? (score, start, end) : best;
            }
        }

        likelihoods += allowNoAnswer ? Math.Exp(nothing) : 0;
        return float.IsNegativeInfinity(best.Score) || (allowNoAnswer && nothing > best.Score)
            ? new AnswerPrediction(question.Id, "", 0, 0, likelihoods > 0 && allowNoAnswer ? Math.Exp(nothing) / likelihoods : 0)
            : new AnswerPrediction(question.Id, CodePoints.Slice(question.Context, best.Start, best.End), best.Start, best.End, Math.Exp(best.Score) / likelihoods);
    }

    /// <summary>The spans of a window that are considered, in code points of the text, with their logits.</summary>
    private IEnumerable<(float Score, int Start, int End)> Spans(Encoding window, float[] logits)
    {
        int?[] sequences = window.SequenceIds;
        int[] starts = Highest(logits, 0);
        int[] ends = Highest(logits, 1);
        foreach (int start in starts)
        {
            foreach (int end in ends)
            {
                if (sequences[start] == 1 && sequences[end] == 1 && start <= end && end < start + options.MaxAnswerLength)
                {
                    yield return (logits[2 * start] + logits[(2 * end) + 1], window.Offsets[start].Start, window.Offsets[end].End);
                }
            }
        }
    }

    private static int[] Highest(float[] logits, int side) =>
        [.. Enumerable.Range(0, logits.Length / 2).OrderByDescending(token => logits[(2 * token) + side]).Take(Best)];
}
