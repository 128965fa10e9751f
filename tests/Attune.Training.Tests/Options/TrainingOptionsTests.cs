using System.Reflection;

namespace Attune.Training.Tests.Options;

public sealed class TrainingOptionsTests
{
    /// <summary>Options that are wrong, and a part of the message.</summary>
    public static TheoryData<string, TrainingOptions> Wrong => new()
    {
        { "num_train_epochs must be above 0; it is 0", new TrainingOptions { NumTrainEpochs = 0 } },
        { "num_train_epochs must be above 0; it is NaN", new TrainingOptions { NumTrainEpochs = double.NaN } },
        { "max_steps must be at least 1, or -1", new TrainingOptions { MaxSteps = 0 } },
        { "seed must be at least 0; it is -1", new TrainingOptions { Seed = -1 } },
        { "logging_steps must be at least 1", new TrainingOptions { LoggingSteps = 0 } },
        { "optim 'sgdx' is not known; there are adamw_torch", new TrainingOptions { Optimizer = new OptimizerOptions { Optim = "sgdx" } } },
        { "learning_rate must be above 0; it is 0", new TrainingOptions { Optimizer = new OptimizerOptions { LearningRate = 0 } } },
        { "weight_decay must be at least 0; it is -0.1", new TrainingOptions { Optimizer = new OptimizerOptions { WeightDecay = -0.1 } } },
        { "adam_beta1 must be in [0, 1); it is 1", new TrainingOptions { Optimizer = new OptimizerOptions { AdamBeta1 = 1 } } },
        { "adam_beta2 must be in [0, 1); it is NaN", new TrainingOptions { Optimizer = new OptimizerOptions { AdamBeta2 = double.NaN } } },
        { "adam_epsilon", new TrainingOptions { Optimizer = new OptimizerOptions { AdamEpsilon = -1 } } },
        { "max_grad_norm", new TrainingOptions { Optimizer = new OptimizerOptions { MaxGradNorm = double.PositiveInfinity } } },
        { "warmup_steps", new TrainingOptions { Optimizer = new OptimizerOptions { WarmupSteps = -1 } } },
        { "warmup_ratio must be in [0, 1); it is 1", new TrainingOptions { Optimizer = new OptimizerOptions { WarmupRatio = 1 } } },
        { "loraplus_lr_ratio", new TrainingOptions { Optimizer = new OptimizerOptions { LoraplusLrRatio = 0 } } },
        { "eval_strategy must be one of no, steps, epoch; it is 'never'", new TrainingOptions { Evaluation = new EvaluationOptions { EvalStrategy = "never" } } },
        { "metric_for_best_model", new TrainingOptions { Evaluation = new EvaluationOptions { MetricForBestModel = "bleu" } } },
        { "need evaluations", new TrainingOptions { Evaluation = new EvaluationOptions { EarlyStoppingPatience = 1 } } },
        { "early_stopping_patience must be at least 1", new TrainingOptions { Evaluation = new EvaluationOptions { EvalStrategy = "epoch", EarlyStoppingPatience = 0 } } },
        { "save_strategy must be one of", new TrainingOptions { Saving = new SaveOptions { SaveStrategy = "always" } } },
        { "save_total_limit must be at least 1", new TrainingOptions { Saving = new SaveOptions { SaveTotalLimit = 0 } } },
        { "need evaluations", new TrainingOptions { Saving = new SaveOptions { SaveStrategy = "best" } } },
        { "set output_dir", new TrainingOptions { Evaluation = new EvaluationOptions { EvalStrategy = "epoch", LoadBestModelAtEnd = true } } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_values_are_named_as_users_write_them(string expected, TrainingOptions options) =>
        Assert.Contains(expected, Assert.Throws<TrainingException>(options.Validate).Message, StringComparison.Ordinal);

    [Fact]
    public void Defaults_are_valid_and_no_record_has_more_than_twenty_properties()
    {
        new TrainingOptions().Validate();
        foreach (Type type in (Type[])[typeof(TrainingOptions), typeof(OptimizerOptions), typeof(SchedulerOptions), typeof(EvaluationOptions), typeof(SaveOptions)])
        {
            Assert.InRange(type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Length, 1, 20);
        }
    }
}
