using System.Diagnostics;
using System.Text.Json.Nodes;
using Attune.Cli.Commands;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Training;

namespace Attune.Cli.Quickstart;

/// <summary>One run of <c>attune quickstart</c>: ask, tune, ask again, tell.</summary>
internal sealed class QuickstartRun
{
    private const string Recipe = "recipes/quickstart.yaml";
    private const int SamplesShown = 3;

    private readonly CommandContext _context;
    private readonly TrainingRun _training;
    private readonly ModelOptions _model;
    private readonly string _output;
    private readonly Exam _exam;

    /// <summary>Finds the recipe and the held-out rows.</summary>
    /// <exception cref="UsageException">The repository is not there.</exception>
    public QuickstartRun(CommandContext context, QuickstartOptions options)
    {
        string root = FindRoot();
        _output = options.Output ?? FreeFolder(Path.Combine("runs", "quickstart"));
        var values = new OptionValues(new TrainCommand().Schema);
        RecipeFile.Read(Path.Combine(root, Recipe), values);
        RunOptions run = values.Build<RunOptions>();
        values.Set("model", Path.Combine(root, values.Build<ModelOptions>().Model!));
        values.Set("data", run.Data.Select(path => Path.Combine(root, path)).ToArray());
        values.Set("eval_data", run.EvalData.Select(path => Path.Combine(root, path)).ToArray());
        values.Set("output", _output);
        if (options.MaxSteps is { } steps)
        {
            values.Set("max_steps", steps);
        }

        _model = values.Build<ModelOptions>();
        _context = context;
        _training = new TrainingRun(context with { Values = values });
        _exam = new Exam(values.Build<RunOptions>().EvalData[0], options.Questions);
    }

    public JsonObject Run()
    {
        long started = Stopwatch.GetTimestamp();
        Terminal terminal = _context.Terminal;
        terminal.Note($"The task: read a customer's message, write the line that the help desk files it by.\n\n1. The model as it is ({_model.Model}) answers {_exam.Questions.Count} held-out messages.");
        ExamResult before = _exam.Ask(_context, _model, "before");
        terminal.Note($"   {before.Right} of {before.Answers.Count} lines are right.\n\n2. It is tuned with LoRA on other messages.");
        _training.Run();
        terminal.Note("\n3. The tuned model answers the same held-out messages.");
        ExamResult after = _exam.Ask(_context, _model with { Adapter = _output }, "after");
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Tell(before, after, seconds);
        return new JsonObject
        {
            ["eval_loss_before"] = before.Loss,
            ["eval_loss_after"] = after.Loss,
            ["score_before"] = before.Score,
            ["score_after"] = after.Score,
            ["score_before_interval"] = new JsonArray(before.Interval.Low, before.Interval.High),
            ["score_after_interval"] = new JsonArray(after.Interval.Low, after.Interval.High),
            ["questions"] = _exam.Questions.Count,
            ["seconds"] = seconds,
            ["peak_rss_bytes"] = Memory.PeakBytes(),
            ["output"] = _output,
            ["samples"] = new JsonArray([.. _exam.Questions.Take(SamplesShown).Select((question, i) => (JsonNode)new JsonObject
            {
                ["prompt"] = question.Prompt,
                ["wanted"] = question.Answer,
                ["before"] = before.Answers[i],
                ["after"] = after.Answers[i],
            })]),
        };
    }

    private void Tell(ExamResult before, ExamResult after, double seconds)
    {
        Terminal terminal = _context.Terminal;
        for (int i = 0; i < Math.Min(SamplesShown, _exam.Questions.Count); i++)
        {
            terminal.Result($"\nmessage  {_exam.Questions[i].Prompt}\nwanted   {_exam.Questions[i].Answer}\nbefore   {OnOneLine(before.Answers[i])}\nafter    {OnOneLine(after.Answers[i])}");
        }

        terminal.Result(FormattableString.Invariant($"\n{"held-out messages",-24}{"before",-26}after"));
        terminal.Result(FormattableString.Invariant($"{"loss per token",-24}{before.Loss,-26:F3}{after.Loss:F3}"));
        terminal.Result(FormattableString.Invariant($"{"lines that are right",-24}{Score(before),-26}{Score(after)}"));
        terminal.Result(FormattableString.Invariant(
            $"\n{_exam.Questions.Count} messages that training never saw; in brackets the 95 % interval (Wilson). {seconds:F0} seconds, {Sizes.Text(Memory.PeakBytes())} of memory at most.\nThe run is in {_output}: the adapter, its settings, its log and its report."));
        terminal.Result($"""

            Next:
              ask it yourself       attune generate --model {_model.Model} --adapter {_output} --prompt "{_exam.Questions[0].Prompt}"
              look at the run       attune runs show {_output}
              a model and data of   attune train --model MODEL --data ROWS.jsonl --output runs/own
              your own
            """);
    }

    private static string Score(ExamResult result) =>
        FormattableString.Invariant($"{result.Score:P1} ({100 * result.Interval.Low:F1} to {100 * result.Interval.High:F1})");

    private static string OnOneLine(string text) => text.ReplaceLineEndings(" ");

    /// <summary>The repository: the nearest folder with the recipe, from the current one upwards, then from the tool's own.</summary>
    private static string FindRoot()
    {
        foreach (string start in new[] { ".", AppContext.BaseDirectory })
        {
            for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, Recipe)))
                {
                    return Path.GetRelativePath(".", folder.FullName) is var relative && relative == "." ? "" : relative;
                }
            }
        }

        throw new UsageException($"{Recipe} is not found here; run quickstart in a clone of the repository, which has the model and the example rows");
    }

    private static string FreeFolder(string folder)
    {
        string free = folder;
        for (int i = 2; RunRecord.IsUsed(free); i++)
        {
            free = FormattableString.Invariant($"{folder}-{i}");
        }

        return free;
    }
}
