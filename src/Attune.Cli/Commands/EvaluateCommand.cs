using System.Text.Json.Nodes;
using Attune.Cli.Models;
using Attune.Cli.Options;
using Attune.Cli.Tasks;
using Attune.Cli.Training;
using Attune.Data;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation;
using Attune.Evaluation.Prediction;
using Attune.Evaluation.Tasks;
using Attune.Hub;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune evaluate</c>.</summary>
internal sealed record EvaluateOptions
{
    /// <summary>Data files, or hf:org/name, whose rows are scored, each on its own, as in training. Default: none; give this or text_file.</summary>
    [Place(HubKind.Dataset)]
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>A UTF-8 text that is scored as a whole, by windows. Default: none.</summary>
    public string? TextFile { get; init; }

    /// <summary>With text_file, tokens of a window. Range: 2 up to what the model was made for. Default: 1024, or what the model was made for if that is less.</summary>
    public int? Window { get; init; }

    /// <summary>With text_file, tokens from the start of a window to that of the next. Range: 1 to window. Default: half a window.</summary>
    public int? Stride { get; init; }
}

/// <summary><c>attune evaluate</c>.</summary>
internal sealed class EvaluateCommand : ToolCommand
{
    private const int DefaultWindow = 1024;

    public override string Name => "evaluate";

    public override string Summary => "Measure how well a model does on held-out data: loss and perplexity per token, or the usual figures of a task.";

    public override IReadOnlyList<string> Remarks =>
    [
        "Figures: accuracy and macro F1 (classify), micro and macro F1 (multilabel), Pearson, Spearman and squared error (regress), F1 of names as seqeval has it (tag), exact match and F1 of SQuAD (qa), "
        + "ROUGE and BLEU (seq2seq), Spearman of cosines or how often the partner is nearest (embed), perplexity (mlm, and clm, the default).",
    ];

    public override IReadOnlyList<string> Examples =>
    [
        "attune evaluate --model SmolLM2-135M-Instruct --adapter runs/quotes --data held-out.jsonl",
        "attune evaluate --model SmolLM2-135M.gguf --text-file book.txt --window 2048 --stride 512 --json",
        "attune evaluate --task classify --model runs/reviews --data test.csv",
    ];

    public override IReadOnlyList<string> JsonFields => ["loss", "perplexity", "tokens", "or the figures of the task and rows"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema()
        .Add<ModelOptions>("Model")
        .Add<EvaluateOptions>("Evaluation")
        .Add<TaskOptions>("Task")
        .Add<TaskColumnOptions>("Columns of tasks")
        .Add<PredictionOptions>("Predictions")
        .Add<TokenizationOptions>("Tokens")
        .Add<DataFileOptions>("Data files")
        .Add<ColumnOptions>("Rows");

    public override JsonObject Run(CommandContext context)
    {
        ModelOptions model = context.Values.Build<ModelOptions>();
        EvaluateOptions options = context.Values.Build<EvaluateOptions>();
        if (options.Data.Count > 0 == options.TextFile is not null)
        {
            throw new UsageException("give either --data with rows or --text-file with one long text");
        }

        using var file = Formats.ModelFile.Open(CommandContext.Require(model.Model, "model", "a Hugging Face folder or a GGUF file"));
        if (TaskModel.Of(context, file, model.Adapter) is { } task)
        {
            return TaskEvaluation.Run(context, task, file, model, options.Data);
        }

        ModelText text = ModelText.Open(file, model.ChatTemplate);
        IReadOnlyList<TokenRow> rows = options.Data.Count == 0 ? [] : ReadRows(context, options, text);
        int[] ids = options.TextFile is null ? [] : text.EncodeRaw(ReadText(options.TextFile));
        using ModelSession session = ModelSession.Load(file, model, context.Cancellation);
        LossResult result = options.TextFile is null
            ? HeldOutLossTask.Run(session.Model, rows, progress: done => context.Terminal.Live($"{done} of {rows.Count} rows"), cancellation: context.Cancellation)
            : Windows(context, session, options, ids);
        if (result.Tokens == 0)
        {
            throw new UsageException("there is nothing to score: no token has another before it");
        }

        context.Terminal.Result(FormattableString.Invariant($"loss {result.Loss:F4}, perplexity {result.Perplexity:F4}, {result.Tokens:N0} tokens"));
        return new JsonObject { ["loss"] = result.Loss, ["perplexity"] = result.Perplexity, ["tokens"] = result.Tokens };
    }

    private static IReadOnlyList<TokenRow> ReadRows(CommandContext context, EvaluateOptions options, ModelText text)
    {
        TokenDataset data = RunData.Read(context, options.Data, text);
        context.Terminal.Note(data.Report.ToString().TrimEnd());
        return data.Rows;
    }

    private static LossResult Windows(CommandContext context, ModelSession session, EvaluateOptions options, int[] ids)
    {
        int most = session.Model.ContextTokens;
        int window = options.Window ?? Math.Min(DefaultWindow, most);
        int stride = options.Stride ?? Math.Max(1, window / 2);
        if (window < 2 || window > most)
        {
            throw new UsageException($"window: expected a number from 2 to {most}, which the model was made for, found {window}");
        }

        return stride < 1 || stride > window
            ? throw new UsageException($"stride: expected a number from 1 to {window}, found {stride}")
            : PerplexityTask.Run(
                session.Model, ids, window, stride, done => context.Terminal.Live($"{done} of {ids.Length} tokens"), context.Cancellation);
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (ArgumentException)
        {
            throw new UsageException($"{path}: expected a text in UTF-8, found bytes that are not");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{path}: there is no such file");
        }
    }
}
