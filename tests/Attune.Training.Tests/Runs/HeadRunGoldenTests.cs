using System.Text.Json;
using Attune.Adapters;
using Attune.Data.Batching;
using Attune.Data.Rows;
using Attune.Data.Tokenization;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Text;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Training.Tests;

/// <summary>Whole runs of the reference that train classifiers: a small BERT, and MiniLM on real sentences. Tolerances are those of the READMEs.</summary>
[Trait("Category", "Golden")]
public sealed class HeadRunGoldenTests
{
    private const double LossTolerance = 2e-5;
    private const double GradNormTolerance = 5e-5;
    private const double WeightTolerance = 2e-5;
    private const double LogitsTolerance = 1e-4;

    /// <summary>Of the first 25 losses on real data; gradient norms have no figure of their own and get the one of the other real runs.</summary>
    private const double RealLossTolerance = 1e-4;
    private const double RealGradNormTolerance = 2e-3;
    private const int RealSteps = 25;

    [Fact]
    public void A_classifier_over_six_epochs()
    {
        string folder = Goldens.Require("training", "trainer", "bert_classification");
        using JsonDocument run = GoldenArrays.Json(Path.Combine(folder, "run.json"));
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        SequenceClassificationModel model = Load(device, Path.Combine(folder, "model"), labels: null);
        JsonElement arguments = run.RootElement.GetProperty("arguments");
        var rows = new DataLoader(
            Rows(Path.Combine(folder, "rows.json")),
            new BatchOptions { PerDeviceTrainBatchSize = arguments.GetProperty("per_device_train_batch_size").GetInt32(), TrainSamplingStrategy = "sequential" },
            int.MaxValue);
        TrainingOptions options = Options(arguments.GetProperty("learning_rate").GetDouble(), arguments.GetProperty("weight_decay").GetDouble()) with
        {
            NumTrainEpochs = arguments.GetProperty("num_train_epochs").GetDouble(),
        };
        options = options with { Optimizer = options.Optimizer with { WarmupSteps = arguments.GetProperty("warmup_steps").GetInt32() } };
        using var trainer = new Trainer(options, KnownObjectives.For(model, new ObjectiveSettings()), new ModelWeights(model), rows);
        TrainingResult result = trainer.Run();
        JsonElement[] expected = [.. run.RootElement.GetProperty("log_history").EnumerateArray().Where(entry => entry.TryGetProperty("loss", out _))];
        LogEntry[] actual = [.. result.LogHistory];
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].GetProperty("loss").GetDouble(), actual[i].Loss!.Value, LossTolerance);
            Assert.Equal(expected[i].GetProperty("grad_norm").GetDouble(), actual[i].GradNorm!.Value, GradNormTolerance);
        }

        using SafetensorsFile trained = SafetensorsFile.Open(Path.Combine(folder, "trained.safetensors"));

        // The gradient of a key's bias is zero but for rounding, which Adam turns into steps of the size of the learning rate; no loss feels them.
        foreach (Parameter parameter in model.Parameters().Where(parameter => !parameter.Name.EndsWith("self.key.bias", StringComparison.Ordinal)))
        {
            GoldenArrays.Close(trained.ReadFloat32(parameter.Name), parameter.Value!.ToArray(), WeightTolerance, parameter.Name);
        }

        TokenRow[] heldOut = Rows(Path.Combine(folder, "eval_rows.json"));
        using SafetensorsFile logits = SafetensorsFile.Open(Path.Combine(folder, "eval_logits.safetensors"));
        GoldenArrays.Close(logits.ReadFloat32($"epoch{options.NumTrainEpochs:0}"), Logits(model, heldOut), LogitsTolerance, "logits of the held-out rows");
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void MiniLM_on_real_sentences()
    {
        (string golden, string modelFolder, TokenRow[] rows) = Sentiment("train.tsv.gz");
        using JsonDocument runs = GoldenArrays.Json(Path.Combine(golden, "sst2_full.json"));
        using SafetensorsFile start = SafetensorsFile.Open(Path.Combine(golden, "sst2_full.safetensors"));
        TokenRow[] ordered = [.. start.ReadInts("order.seed0").Select(row => rows[row])];
        RequireEqualIds(Path.Combine(golden, "sst2_train_ids_seed0_first2batches.jsonl"), ordered);
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        SequenceClassificationModel model = Load(device, modelFolder, labels: ["0", "1"]);
        foreach (Parameter parameter in model.Parameters().Where(parameter => start.Contains(parameter.Name)))
        {
            parameter.Value!.CopyFrom<float>(start.ReadFloat32(parameter.Name));
        }

        RequireEqualRun(runs.RootElement[0], model, new ModelWeights(model), ordered);
    }

    [Fact]
    public void A_trained_adapter_of_MiniLM_with_its_head()
    {
        (string golden, string modelFolder, TokenRow[] rows) = Sentiment("dev.tsv");
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        SequenceClassificationModel model = Load(device, modelFolder, labels: ["0", "1"], training: false);
        using Adapter adapter = AdapterFolder.Open(Path.Combine(golden, "sst2_lora_final"), model);
        using SafetensorsFile check = SafetensorsFile.Open(Path.Combine(golden, "sst2_lora_final_check.safetensors"));
        GoldenArrays.Close(check.ReadFloat32("dev_logits_first64"), Logits(model, rows[..64]), LogitsTolerance, "logits of the development rows");
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void An_adapter_of_MiniLM_with_its_head_on_real_sentences()
    {
        (string golden, string modelFolder, TokenRow[] rows) = Sentiment("train.tsv.gz");
        using JsonDocument runs = GoldenArrays.Json(Path.Combine(golden, "sst2_lora.json"));
        using SafetensorsFile start = SafetensorsFile.Open(Path.Combine(golden, "sst2_full.safetensors"));
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        SequenceClassificationModel model = Load(device, modelFolder, labels: ["0", "1"], training: false);
        using Adapter adapter = AdapterFolder.Open(Path.Combine(golden, "sst2_lora_initial"), model);
        Assert.Equal(74498, adapter.Trainable.Sum(parameter => parameter.Count));
        RequireEqualRun(runs.RootElement[0], model, new AdapterWeights(adapter), [.. start.ReadInts("order.seed0").Select(row => rows[row])]);
    }

    private static SequenceClassificationModel Load(Device device, string folder, string[]? labels, bool training = true)
    {
        var options = new WeightOptions { Training = true, IsTrainable = _ => training };
        LoadedHead loaded = ModelFolder.LoadHead(device, folder, KnownHeads.SequenceClassification, options, config => labels is null ? config : LabelNames.Write(config, labels));
        Assert.Equal(labels is null ? [] : ["classifier.weight", "classifier.bias"], loaded.FreshWeights);
        return (SequenceClassificationModel)loaded.Model;
    }

    /// <summary>Trains for the first steps of a run and compares every loss and gradient norm.</summary>
    private static void RequireEqualRun(JsonElement run, SequenceClassificationModel model, TrainedWeights weights, TokenRow[] rows)
    {
        using var stop = new CancellationTokenSource();
        var watcher = new StepWatcher(stop, RealSteps);
        var loader = new DataLoader(rows, new BatchOptions { PerDeviceTrainBatchSize = 32, TrainSamplingStrategy = "sequential" }, int.MaxValue);
        TrainingOptions options = Options(run.GetProperty("learning_rate").GetDouble(), weightDecay: 0) with { NumTrainEpochs = 1 };
        using var trainer = new Trainer(options, KnownObjectives.For(model, new ObjectiveSettings()), weights, loader, null, watcher);
        trainer.Run(stop.Token);
        double[] losses = run.GetProperty("losses").Doubles();
        double[] norms = run.GetProperty("grad_norms").Doubles();
        for (int i = 0; i < RealSteps; i++)
        {
            Assert.Equal(losses[i], watcher.Steps[i].Loss, RealLossTolerance);
            Assert.Equal(norms[i], watcher.Steps[i].GradNorm, RealGradNormTolerance * norms[i]);
        }
    }

    private static (string Golden, string Model, TokenRow[] Rows) Sentiment(string file)
    {
        string golden = Goldens.Require("real", "encoder");
        string data = Goldens.RequireData("sst2", file);
        string model = ModelFolder.MiniLm;
        return (golden, model, Sentences(data, TokenizerJson.Load(ModelFolder.TokenizerOf(model))));
    }

    private static TrainingOptions Options(double learningRate, double weightDecay) => new()
    {
        LoggingSteps = 1,
        Optimizer = new OptimizerOptions { LearningRate = learningRate, WeightDecay = weightDecay, MaxGradNorm = 1, LrSchedulerType = "linear", WarmupSteps = 0 },
    };

    private static TokenRow[] Rows(string path)
    {
        using JsonDocument document = GoldenArrays.Json(path);
        return [.. document.RootElement.EnumerateArray().Select(row => Row(row.GetProperty("input_ids").Ints(), row.GetProperty("labels").GetInt32()))];
    }

    private static TokenRow Row(int[] ids, int label) => new(ids, [.. ids.Select(_ => TokenRow.NoLoss)]) { Targets = [label] };

    private static TokenRow[] Sentences(string path, Tokenizer tokenizer)
    {
        using Stream content = new DataFile(path).Open();
        using var reader = new StreamReader(content);
        var options = new EncodeOptions { Truncation = new TruncationOptions { MaxLength = 64 } };
        return
        [
            .. reader.ReadToEnd().Split('\n').Where(line => line.Trim().Length > 0).Select(line =>
            {
                int tab = line.LastIndexOf('\t');
                return Row(tokenizer.Encode(line[..tab], options).Ids, int.Parse(line.AsSpan(tab + 1), System.Globalization.CultureInfo.InvariantCulture));
            }),
        ];
    }

    private static void RequireEqualIds(string path, TokenRow[] rows)
    {
        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            using JsonDocument line = JsonDocument.Parse(lines[i]);
            Assert.Equal(line.RootElement.GetProperty("ids").Ints(), rows[i].InputIds);
            Assert.Equal(line.RootElement.GetProperty("label").GetInt32(), rows[i].Targets![0]);
        }
    }

    private static float[] Logits(SequenceClassificationModel model, TokenRow[] rows)
    {
        using StepScope scope = model.Device.Scope();
        using var pause = model.Device.Tape.Pause();
        var batch = Batch.Of(rows, [.. Enumerable.Range(0, rows.Length)]);
        return model.Logits(new ForwardPass(TokenBatch.Create(model.Device, batch.InputIds, batch.PositionIds, batch.SequenceStarts))).ToArray();
    }

    private sealed class StepWatcher(CancellationTokenSource stop, int steps) : ITrainingObserver
    {
        public List<StepReport> Steps { get; } = [];

        public void OnStep(in StepReport report)
        {
            Steps.Add(report);
            if (Steps.Count == steps)
            {
                stop.Cancel();
            }
        }
    }
}
