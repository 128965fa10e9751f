using Attune.Data.Tasks;
using Attune.Evaluation.Metrics;
using Attune.Inference;
using Attune.Inference.Search;
using Attune.Models.Seq2Seq;
using Attune.Text;

namespace Attune.Evaluation.Prediction;

/// <summary>Texts written for texts.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="search">How texts are written.</param>
/// <param name="options">How predictions are made.</param>
public sealed class WritingPredictor(Seq2SeqModel model, Tokenizer tokenizer, GenerationOptions search, PredictionOptions options) : TaskPredictor
{
    /// <inheritdoc/>
    public override IReadOnlyList<TaskPrediction> Predict(IReadOnlyList<EncodedExample> examples, CancellationToken cancellation = default)
    {
        var predictions = new TaskPrediction[examples.Count];
        foreach (int[] numbers in Enumerable.Range(0, examples.Count).OrderByDescending(i => examples[i].Rows[0].Tokens.Length).Chunk(options.PerDeviceEvalBatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            SearchResult[][] found = TextSearch.Run(model, [.. numbers.Select(i => examples[i].Rows[0].Tokens.InputIds)], search, cancellation: cancellation);
            for (int i = 0; i < numbers.Length; i++)
            {
                predictions[numbers[i]] = new WrittenPrediction(tokenizer.ForTargets.Decode(found[i][0].Tokens, skipSpecialTokens: true).Trim());
            }
        }

        return predictions;
    }

    /// <inheritdoc/>
    /// <remarks>F1 of ROUGE-1, ROUGE-2 and ROUGE-L (0 to 100, means over the rows) and BLEU of all texts together.</remarks>
    public override IReadOnlyList<KeyValuePair<string, double>> Score(
        IReadOnlyList<EncodedExample> examples, IReadOnlyList<TaskPrediction> predictions, CancellationToken cancellation = default)
    {
        string[] said = [.. predictions.Select(prediction => ((WrittenPrediction)prediction).Text)];
        string[] meant = [.. examples.Select(example => ((WritingExample)example.Example).Target!)];
        return
        [
            Figure("rougeL", 100 * said.Zip(meant, (text, reference) => Rouge.OfLongestSubsequence(text, reference).F1).Average()),
            Figure("rouge1", 100 * said.Zip(meant, (text, reference) => Rouge.OfNgrams(text, reference, 1).F1).Average()),
            Figure("rouge2", 100 * said.Zip(meant, (text, reference) => Rouge.OfNgrams(text, reference, 2).F1).Average()),
            Figure("bleu", Bleu.Of(said, [.. meant.Select(text => (string[])[text])]).Score),
        ];
    }
}
