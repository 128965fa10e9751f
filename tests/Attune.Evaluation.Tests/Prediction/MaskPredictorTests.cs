using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Prediction;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using Attune.Text;

namespace Attune.Evaluation.Tests.Prediction;

[Trait("Category", "Golden")]
public sealed class MaskPredictorTests : IDisposable
{
    private const int Mask = 4;

    // Ids 2 and 3 begin and end a text.
    private static readonly int[][] Texts = [[2, 10, 11, 12, 3], [2, 20, 3], [2, 30, 31, 32, 33, 34, 35, 3], [2, 3], [2, 40, 41, 3]];

    private static readonly Tokenizer Words = TokenizerJson.Parse(
        System.Text.Encoding.UTF8.GetBytes($$"""
        {"added_tokens": [{{Special(2, "[CLS]")}}, {{Special(3, "[SEP]")}}, {{Special(Mask, "[MASK]")}}],
         "model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": {{Mask}} }, "unk_token": "[UNK]"} }
        """),
        "test");

    private readonly Device _device = new(new ReferenceBackend());

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Scores_are_the_same_for_every_batch_size_and_those_of_one_token_at_a_time()
    {
        MaskedLmModel model = Load();
        int[][] texts = [.. Texts.Select(text => text.Select(id => id % model.Backbone.VocabSize).ToArray())];
        double[] losses = [.. texts.SelectMany(text => Enumerable.Range(1, text.Length - 2).Select(place => Loss(model, text, place)))];
        foreach (int size in new[] { 1, 3, 64 })
        {
            Dictionary<string, double> figures = new(Predictor(model, size).Score(Examples(texts), [], TestContext.Current.CancellationToken));
            Assert.Equal(losses.Average(), figures["loss"], 1e-5);
            Assert.Equal(Math.Exp(figures["loss"]), figures["perplexity"]);
        }
    }

    [Fact]
    public void Scoring_can_be_cancelled() =>
        Assert.Throws<OperationCanceledException>(() => Predictor(Load(), 1).Score(Examples(Texts), [], new CancellationToken(canceled: true)));

    private static string Special(int id, string content) =>
        $$"""{"id": {{id}}, "content": "{{content}}", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}""";

    private static MaskPredictor Predictor(MaskedLmModel model, int batchSize) => new(model, Words, Mask, new PredictionOptions { PerDeviceEvalBatchSize = batchSize });

    private MaskedLmModel Load() =>
        (MaskedLmModel)ModelFolder.LoadHead(_device, Goldens.Require("families", "encoders", "bert", "mlm"), KnownHeads.MaskedLm, new WeightOptions()).Model;

    private static EncodedExample[] Examples(int[][] texts) =>
    [
        .. texts.Select(text => new EncodedExample(
            new SequenceExample(new RowPlace("test", 1), "", null),
            [new EncodedRow(new TokenRow(text, [.. text.Select(_ => TokenRow.NoLoss)]), new Encoding(text, new (int, int)[text.Length]))])),
    ];

    private static double Loss(MaskedLmModel model, int[] text, int place)
    {
        int[] ids = [.. text];
        ids[place] = Mask;
        using StepScope scope = model.Device.Scope();
        using var pause = model.Device.Tape.Pause();
        float[] logits = model.LogitsAt(new ForwardPass(TokenBatch.Create(model.Device, ids, [.. Enumerable.Range(0, ids.Length)], [0, ids.Length])), [place]).ToArray();
        return Math.Log(logits.Sum(logit => Math.Exp(logit))) - logits[text[place]];
    }
}
