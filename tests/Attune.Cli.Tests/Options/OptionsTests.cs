using Attune.Adapters.Methods;
using Attune.Cli.Commands;
using Attune.Cli.Options;
using Attune.Testing;
using Attune.Training;

namespace Attune.Cli.Tests.Options;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("--max-steps", "7")]
    [InlineData("--max_steps", "7")]
    [InlineData("--max_steps=7")]
    public void Both_spellings_are_the_same_option(params string[] words) => Assert.Equal(7, Read(words).Build<TrainingOptions>().MaxSteps);

    [Theory]
    [InlineData("MaxSteps", "max_steps")]
    [InlineData("AdamBeta1", "adam_beta1")]
    [InlineData("LoadIn8Bit", "load_in_8bit")]
    public void Keys_are_properties_in_snake_case(string property, string key) => Assert.Equal(key, OptionKey.ToKey(property));

    [Fact]
    public void Values_of_all_types_are_read()
    {
        OptionValues values = Read(
            "--learning-rate", "2e-4", "--target-modules", "q_proj", "v_proj", "--use-rslora", "--rank-pattern", "{q_proj: 4}", "--layers-to-transform", "0", "2",
            "--lr-scheduler-kwargs", "{num_cycles: 2}", "--seed", "3");
        TrainingOptions training = values.Build<TrainingOptions>();
        LoraOptions lora = values.Build<LoraOptions>();
        Assert.Equal(2e-4, training.Optimizer.LearningRate);
        Assert.Equal(2, training.Optimizer.LrSchedulerKwargs.NumCycles);
        Assert.Equal(3, training.Seed);
        Assert.Equal(["q_proj", "v_proj"], lora.TargetModules!.Names);
        Assert.True(lora.UseRslora);
        Assert.Equal(KeyValuePair.Create("q_proj", 4), Assert.Single(lora.RankPattern));
        Assert.Equal([0, 2], lora.LayersToTransform!);
    }

    [Theory]
    [InlineData("q_proj", null)]
    [InlineData("all-linear", "all-linear")]
    [InlineData(@".*\.q_proj", @".*\.q_proj")]
    public void One_target_is_a_name_or_an_expression(string text, string? pattern)
    {
        LoraOptions lora = Read("--target-modules", text).Build<LoraOptions>();
        Assert.Equal(pattern, lora.TargetModules!.Pattern);
    }

    [Theory]
    [InlineData("unknown option '--max-stps'; did you mean '--max-steps'?", "--max-stps", "3")]
    [InlineData("--max-steps: expected a whole number, found 'many'", "--max-steps", "many")]
    [InlineData("--learning-rate: expected a number, found 'fast'", "--learning-rate", "fast")]
    [InlineData("--lr-scheduler-kwargs: expected one of the keys", "--lr-scheduler-kwargs", "{cycles: 2}")]
    [InlineData("'more' is one word too many", "recipe.yaml", "more")]
    public void Wrong_words_are_refused_with_the_next_step(string message, params string[] words)
    {
        UsageException error = Assert.Throws<UsageException>(() => Read(words));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model: m\nmax_stps: 3\n", "line 2: unknown key 'max_stps'; did you mean 'max_steps'?")]
    [InlineData("model: m\n\nmax_steps: many\n", "line 3: max_steps: expected a whole number, found 'many'")]
    [InlineData("target_modules:\n  - q_proj\n  - [a]\n", "line 3: target_modules: expected a text, found a list")]
    [InlineData("model: a\nmodel: b\n", "line 2")]
    [InlineData("model: [\n", "not valid YAML")]
    [InlineData("just text\n", "line 1: expected lines such as 'model: PATH'")]
    [InlineData("", "the recipe is empty")]
    [InlineData("max-steps: 3\n", "did you mean 'max_steps'?")]
    public void A_bad_recipe_is_refused_with_its_line(string yaml, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.yaml", yaml);
        UsageException error = Assert.Throws<UsageException>(() => RecipeFile.Read(path, new OptionValues(new TrainCommand().Schema)));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.yaml", "model: " + new string('[', 100_000));
        Assert.Contains("nested", Assert.Throws<UsageException>(() => RecipeFile.Read(path, new OptionValues(new TrainCommand().Schema))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resolved_recipe_gives_the_same_values_again()
    {
        using var folder = new TemporaryFolder();
        OptionValues values = Read(
            "--model", "a: #b", "--data", "x.jsonl", "y.jsonl", "--learning-rate", "1e-3", "--target-modules", "all-linear", "--rank-pattern", "{q_proj: 4}",
            "--lr-scheduler-kwargs", "{num_cycles: 2}", "--packing");
        string text = RecipeWriter.Write(values);
        var again = new OptionValues(values.Schema);
        RecipeFile.Read(folder.Write("recipe.yaml", text), again);
        Assert.Equal(text, RecipeWriter.Write(again));
        Assert.Equal("a: #b", again.Build<Attune.Cli.Models.ModelOptions>().Model);
        Assert.Equal("all-linear", again.Build<LoraOptions>().TargetModules!.Pattern);
    }

    [Theory]
    [InlineData("max_stps", "max_steps")]
    [InlineData("laerning_rate", "learning_rate")]
    [InlineData("zzzzzzzz", null)]
    public void The_nearest_name_is_found(string name, string? nearest) => Assert.Equal(nearest, new TrainCommand().Schema.Nearest(name));

    private static OptionValues Read(params string[] words) => CommandLineReader.Read(new TrainCommand(), words);
}
