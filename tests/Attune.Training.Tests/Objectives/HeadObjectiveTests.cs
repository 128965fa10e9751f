using System.Text.Json;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;
using Attune.Training.Objectives;

namespace Attune.Training.Tests;

/// <summary>The way from rows of data to the losses of the reference values.</summary>
[Trait("Category", "Golden")]
public sealed class HeadObjectiveTests
{
    private const double LossTolerance = 2e-5;

    [Fact]
    public void Tags_of_tokens()
    {
        using var golden = new GoldenFolder("encoders", "bert", "tokcls");
        TokenClassificationModel model = golden.Head<TokenClassificationModel>();
        int[] labels = golden.Io.ReadInts("labels");
        TokenRow[] rows = golden.Rows(row => row with { Labels = row.Select(labels) });
        Assert.Equal(golden.Loss, MeanLoss(model, rows), LossTolerance);
    }

    [Fact]
    public void Several_classes_at_once()
    {
        using var golden = new GoldenFolder("encoders", "roberta", "seqcls");
        SequenceClassificationModel model = golden.Head<SequenceClassificationModel>("multi_label_classification");
        float[] targets = golden.Io.ReadFloat32("labels_multi");
        TokenRow[] rows = golden.Rows(row => row with { Targets = targets[(row.Number * 3)..((row.Number * 3) + 3)] });
        Assert.Equal(golden.Case.GetProperty("loss_multi_label").GetProperty("loss").GetDouble(), MeanLoss(model, rows), LossTolerance);
    }

    [Fact]
    public void Texts_to_write()
    {
        using var golden = new GoldenFolder("seq2seq", "mbart");
        int[][] texts = [.. golden.Io.ReadInts("labels").Chunk((int)golden.Io.Info("labels").Shape[1]).Select(row => row.Where(id => id != TokenRow.NoLoss).ToArray())];
        TokenRow[] rows = golden.Rows(row => row with { Output = texts[row.Number] });
        Assert.Equal(golden.Case.GetProperty("loss").GetProperty("mean").GetDouble(), MeanLoss(golden.Seq2Seq(), rows), LossTolerance);
    }

    [Fact]
    public void Choices_of_questions()
    {
        using var golden = new GoldenFolder("encoders", "bert", "multichoice");
        MultipleChoiceModel model = golden.Head<MultipleChoiceModel>();
        int[] labels = golden.Io.ReadInts("labels");
        int choices = (int)golden.Io.Info("input_ids").Shape[1];
        TokenRow[] parts = golden.Rows(row => row);
        TokenRow[] rows = [.. parts.Chunk(choices).Select((question, i) => Question(question, labels[i]))];
        Assert.Equal(golden.Loss, MeanLoss(model, rows), LossTolerance);

        // Questions with different numbers of choices: each alone is the mean of both together.
        TokenRow[] uneven = [Question(parts[..2], 1), Question(parts[2..6], 3)];
        Assert.Equal((MeanLoss(model, [uneven[0]]) + MeanLoss(model, [uneven[1]])) / 2, MeanLoss(model, uneven), LossTolerance);

        static TokenRow Question(TokenRow[] parts, int right) => new([.. parts.SelectMany(part => part.InputIds)], [.. parts.SelectMany(part => part.Labels)])
        {
            Parts = [.. parts.Select(part => part.Length)],
            TokenTypes = [.. parts.SelectMany(part => part.TokenTypes!)],
            Targets = [right],
        };
    }

    [Fact]
    public void Places_of_answers_count_within_their_rows()
    {
        using var golden = new GoldenFolder("encoders", "distilbert", "qa");
        QuestionAnsweringModel model = golden.Head<QuestionAnsweringModel>();
        TokenRow[] rows = golden.Rows(row => row with { Targets = [row.Number, row.Number + 2] });

        // The same by hand: each row alone, its own logits, its own softmax.
        double expected = 0;
        foreach (TokenRow row in rows)
        {
            using StepScope scope = model.Device.Scope();
            using var pause = model.Device.Tape.Pause();
            float[] logits = model.Logits(new ForwardPass(TokenBatch.Create(model.Device, row.InputIds, [.. Enumerable.Range(0, row.Length)], [0, row.Length]))).ToArray();
            for (int side = 0; side < 2; side++)
            {
                double[] own = [.. logits.Where((_, i) => i % 2 == side).Select(value => (double)value)];
                expected += 0.5 * (Math.Log(own.Sum(Math.Exp)) - own[(int)row.Targets![side]]);
            }
        }

        Assert.Equal(expected / rows.Length, MeanLoss(model, rows), 1e-5);
    }

    [Fact]
    public void Hidden_tokens_are_as_many_as_were_announced_and_come_from_the_random_state()
    {
        using var golden = new GoldenFolder("encoders", "bert", "mlm");
        MaskedLmModel model = golden.Head<MaskedLmModel>();
        TokenRow[] rows = golden.Rows(row => row);
        var objective = new MaskedLmObjective(model, maskId: 4, id => id is 2 or 3, probability: 0.3);
        var batch = Batch.Of(rows, 0, 1, 2);
        int candidates = rows.Sum(row => row.InputIds.Count(id => id is not (2 or 3)));
        Assert.Equal(rows.Sum(row => (int)Math.Round(0.3 * row.InputIds.Count(id => id is not (2 or 3)), MidpointRounding.AwayFromZero)), objective.CountTargets(batch));
        Assert.True(objective.CountTargets(batch) < candidates);
        Assert.Equal(Loss(1), Loss(1));
        Assert.NotEqual(Loss(1), Loss(2));

        float Loss(ulong seed)
        {
            using StepScope scope = model.Device.Scope();
            using var pause = model.Device.Tape.Pause();
            model.Device.Random = new RandomState(seed, 0);
            return objective.SumLosses(batch, recompute: false).Item();
        }
    }

    [Fact]
    public void A_model_without_a_mask_token_is_refused()
    {
        using var golden = new GoldenFolder("encoders", "bert", "mlm");
        TrainingException error = Assert.Throws<TrainingException>(() => KnownObjectives.For(golden.Head<MaskedLmModel>(), new ObjectiveSettings()));
        Assert.Contains("mask", error.Message, StringComparison.Ordinal);
    }

    private static double MeanLoss(Network model, TokenRow[] rows)
    {
        IObjective objective = KnownObjectives.For(model, new ObjectiveSettings());
        return Evaluator.MeanLoss(objective, new DataLoader(rows, new BatchOptions { TrainSamplingStrategy = "sequential" }, int.MaxValue));
    }

    /// <summary>A padded row of a case, taken out of its padding.</summary>
    private sealed record CaseRow(int Number, int[] Ids, int[] Places, int[]? Types)
    {
        public int[]? Labels { get; init; }

        public float[]? Targets { get; init; }

        public int[]? Output { get; init; }

        public int[] Select(int[] padded) => [.. Places.Select(place => padded[place])];

        public TokenRow ToRow() => new(Ids, Labels ?? [.. Ids.Select(_ => TokenRow.NoLoss)]) { LabelsAreOwn = Labels is not null, TokenTypes = Types, Targets = Targets, OutputIds = Output };
    }

    private sealed class GoldenFolder : IDisposable
    {
        private readonly JsonDocument _case;
        private readonly string _folder;
        private readonly Device _device = new(new ReferenceBackend());

        public GoldenFolder(params string[] parts)
        {
            _folder = Goldens.Require(["families", .. parts]);
            Io = SafetensorsFile.Open(Path.Combine(_folder, "io.safetensors"));
            _case = GoldenArrays.Json(Path.Combine(_folder, "case.json"));
        }

        public ITensorSource Io { get; }

        public JsonElement Case => _case.RootElement;

        public double Loss => Case.GetProperty("loss").GetDouble();

        public TModel Head<TModel>(string? problem = null)
            where TModel : HeadModel
        {
            ModelConfig config = ModelConfig.Load(Path.Combine(_folder, "config.json"));
            using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(_folder, "model.safetensors"));
            return (TModel)HeadLoader.Load(_device, problem is null ? config : config.With("problem_type", problem), weights, KnownHeads.For(config)!, new WeightOptions()).Model;
        }

        public Seq2SeqModel Seq2Seq()
        {
            using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(_folder, "model.safetensors"));
            return Seq2SeqLoader.Load(_device, ModelConfig.Load(Path.Combine(_folder, "config.json")), weights, new WeightOptions());
        }

        public TokenRow[] Rows(Func<CaseRow, CaseRow> complete)
        {
            int[] ids = Io.ReadInts("input_ids");
            int[] mask = Io.ReadInts("attention_mask");
            int[]? types = Io.Contains("token_type_ids") ? Io.ReadInts("token_type_ids") : null;
            int columns = (int)Io.Info("input_ids").Shape[^1];
            return
            [
                .. Enumerable.Range(0, ids.Length / columns).Select(number =>
                {
                    int[] places = [.. Enumerable.Range(number * columns, columns).Where(place => mask[place] == 1)];
                    return complete(new CaseRow(number, [.. places.Select(place => ids[place])], places, types is null ? null : [.. places.Select(place => types[place])])).ToRow();
                }),
            ];
        }

        public void Dispose()
        {
            Io.Dispose();
            _case.Dispose();
            _device.Dispose();
        }
    }
}
