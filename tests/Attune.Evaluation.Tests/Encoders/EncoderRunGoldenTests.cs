using System.Globalization;
using System.Text.Json;
using Attune.Adapters;
using Attune.Data.Batching;
using Attune.Data.Tasks;
using Attune.Evaluation.Prediction;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Testing;
using Attune.Text;
using Attune.Training;
using Attune.Training.Checkpoints;
using Attune.Training.Objectives;

namespace Attune.Evaluation.Tests.Encoders;

/// <summary>Whole runs of the reference on real data with MiniLM, from the saved head and in the saved order: the first 50 losses, and what the trained model can do.</summary>
[Trait("Category", "Golden")]
[Trait("Category", "Slow")]
public sealed class EncoderRunGoldenTests(ITestOutputHelper output)
{
    private const int EarlySteps = 25;
    private const int ComparedSteps = 50;

    /// <summary>The README's tolerances of losses up to the 25th step and up to the 50th.</summary>
    private const double EarlyTolerance = 1e-4;
    private const double LateTolerance = 1e-3;

    /// <summary>
    /// How far a figure may be from the reference's where its file has one run only: what a standard error of shares of some hundred to some thousand rows is. A run is chaotic: a last digit that
    /// differs in the first step makes another model in the end.
    /// </summary>
    private static readonly Dictionary<string, double> Spreads = new()
    {
        ["accuracy"] = 0.015,
        ["f1"] = 0.015,
        ["precision"] = 0.02,
        ["recall"] = 0.02,
        ["pearson"] = 0.01,
        ["spearman"] = 0.01,
        ["mse"] = 0.003,
    };

    /// <summary>Of 199 answers, in percent.</summary>
    private const double AnswersSpread = 4;

    public static TheoryData<string> Runs
    {
        get
        {
            string folder = Path.Combine(Goldens.Root, "real", "encoder");
            return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)] : [Goldens.None];
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_on_real_data(string name)
    {
        string golden = Goldens.Require("real", "encoder");
        string folder = ModelFolder.MiniLm;
        EncoderTask? task = EncoderTask.All.FirstOrDefault(task => task.Name == name);
        Assert.SkipWhen(task is null, $"{name} is a kind of run that is not built");
        using JsonDocument file = GoldenArrays.Json(Path.Combine(golden, $"{name}.json"));
        JsonElement run = Chosen(file.RootElement);
        (IReadOnlyList<EncodedExample> train, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> tests) = task.Read(TokenizerJson.Load(ModelFolder.TokenizerOf(folder)));
        using var backend = new CpuBackend();
        using var device = new Device(backend);
        bool isAdapter = name.EndsWith("_lora", StringComparison.Ordinal);
        Network model = Load(device, folder, task, !isAdapter);
        using SafetensorsFile head = SafetensorsFile.Open(Path.Combine(golden, $"{task.HeadFile}.safetensors"));

        // The folder of an adapter has a head of its own.
        foreach (Parameter parameter in model.Parameters().Where(parameter => !isAdapter && head.Contains(parameter.Name)))
        {
            parameter.Value!.CopyFrom<float>(head.ReadFloat32(parameter.Name));
        }

        using Adapter? adapter = isAdapter ? AdapterFolder.Open(Path.Combine(golden, $"{name}_initial"), model) : null;
        double[] losses = Train(run, task, model, adapter is null ? new ModelWeights(model) : new AdapterWeights(adapter), train);

        // The reference's softmax over the places of an answer runs over padding, too; there is none here, so its losses are others.
        if (task.Head != KnownHeads.QuestionAnswering)
        {
            RequireEqualLosses(run, losses);
        }

        RequireFigures(run, task, model, tests);
    }

    /// <summary>The run that was not a choice of a learning rate; the first of them.</summary>
    private static JsonElement Chosen(JsonElement root)
    {
        JsonElement runs = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("runs", out JsonElement list) ? list : root;
        return runs.ValueKind == JsonValueKind.Array ? runs.EnumerateArray().First(run => !run.TryGetProperty("choice", out JsonElement choice) || !choice.GetBoolean()) : runs;
    }

    private static Network Load(Device device, string folder, EncoderTask task, bool isTrained) => ModelFolder.LoadHead(
        device, folder, task.Head, new WeightOptions { Training = true, IsTrainable = _ => isTrained },
        config => task.Labels is { } labels ? LabelNames.Write(config, labels.Names).With("problem_type", task.ProblemType) : config).Model;

    private static double[] Train(JsonElement run, EncoderTask task, Network model, TrainedWeights weights, IReadOnlyList<EncodedExample> train)
    {
        int seed = run.TryGetProperty("seed", out JsonElement value) ? value.GetInt32() : 0;
        var loader = new DataLoader(
            [.. train.SelectMany(example => example.Rows).Select(row => row.Tokens)], new BatchOptions { PerDeviceTrainBatchSize = task.BatchSize, DataSeed = seed }, int.MaxValue);
        var options = new TrainingOptions
        {
            NumTrainEpochs = task.Epochs,
            LoggingSteps = 1,
            Optimizer = new OptimizerOptions { LearningRate = run.GetProperty("learning_rate").GetDouble(), MaxGradNorm = 1, LrSchedulerType = "linear" },
        };
        using var trainer = new Trainer(options, KnownObjectives.For(model, new ObjectiveSettings()), weights, loader);
        return [.. trainer.Run(TestContext.Current.CancellationToken).LogHistory.Select(entry => entry.Loss!.Value)];
    }

    private void RequireEqualLosses(JsonElement run, double[] losses)
    {
        double[] expected = (run.TryGetProperty("losses", out JsonElement all) ? all : run.GetProperty("losses_first_50")).Doubles();
        double[] differences = [.. expected.Take(ComparedSteps).Zip(losses, (golden, own) => Math.Abs(golden - own))];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest difference of losses: {differences[..EarlySteps].Max():G3} in {EarlySteps} steps, {differences.Max():G3} in {ComparedSteps}"));
        Assert.All(differences[..EarlySteps], difference => Assert.InRange(difference, 0, EarlyTolerance));
        Assert.All(differences[EarlySteps..], difference => Assert.InRange(difference, 0, LateTolerance));
    }

    private void RequireFigures(JsonElement run, EncoderTask task, Network model, IReadOnlyDictionary<string, IReadOnlyList<EncodedExample>> tests)
    {
        var options = new PredictionOptions();
        TaskPredictor predictor = model switch
        {
            SequenceClassificationModel { Problem: ProblemType.Regression } classifier => new ValuePredictor(classifier, options),
            SequenceClassificationModel classifier => new ClassPredictor(classifier, options),
            TokenClassificationModel tagger => new TagPredictor(tagger, options),
            _ => new AnswerPredictor((QuestionAnsweringModel)model, options),
        };
        List<string> worse = [];
        foreach (IGrouping<string, (string Golden, string Figure, string Set)> set in task.Figures.GroupBy(figure => figure.Set))
        {
            CancellationToken cancellation = TestContext.Current.CancellationToken;
            Dictionary<string, double> figures = new(predictor.Score(tests[set.Key], predictor.Predict(tests[set.Key], cancellation), cancellation));
            foreach ((string key, string figure, _) in set)
            {
                double golden = run.GetProperty(key).GetDouble();
                double spread = model is QuestionAnsweringModel ? AnswersSpread : Spreads[figure];
                string line = string.Create(CultureInfo.InvariantCulture, $"{task.Name} {key}: {figures[figure]:F4}, reference {golden:F4}");
                output.WriteLine(line);
                bool isAtLeast = figure == "mse" ? figures[figure] <= golden + spread : figures[figure] >= golden - spread;
                worse.AddRange(isAtLeast ? [] : [line]);
            }
        }

        Assert.Empty(worse);
    }
}
