using Attune.Cli.Models;
using Attune.Data;
using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Data.Tokenization;
using Attune.Evaluation.Metrics;
using Attune.Evaluation.Tasks;
using Attune.Formats;
using Attune.Inference;

namespace Attune.Cli.Quickstart;

/// <summary>A question of the held-out rows and the answer that is wanted.</summary>
internal sealed record Question(string Prompt, string Answer);

/// <summary>What a model made of the held-out rows.</summary>
/// <param name="Loss">Mean loss of the answers' tokens, in nats.</param>
/// <param name="Answers">What it wrote for each question.</param>
/// <param name="Right">How many of them are right, letter for letter.</param>
internal sealed record ExamResult(double Loss, IReadOnlyList<string> Answers, int Right)
{
    public double Score => (double)Right / Answers.Count;

    public (double Low, double High) Interval => ProportionInterval.Wilson95(Right, Answers.Count);
}

/// <summary>The held-out rows as questions to a model.</summary>
internal sealed class Exam(string path, int? most)
{
    /// <summary>Longer answers are wrong anyway.</summary>
    private const int MaxNewTokens = 48;

    /// <summary>Questions that are answered at a time.</summary>
    private const int Streams = 8;

    /// <summary>The questions, in the order of the file.</summary>
    public IReadOnlyList<Question> Questions { get; } = [.. new JsonLinesFormat().Read(new DataFile(path), new DataFileOptions())
        .Select(row => row.Error is { } error ? throw error : new Question(row.Value.GetProperty("prompt").GetString()!, row.Value.GetProperty("completion").GetString()!))
        .Take(most ?? int.MaxValue)];

    /// <summary>Asks a model everything, greedily, and measures its loss on the wanted answers.</summary>
    public ExamResult Ask(CommandContext context, ModelOptions model, string title)
    {
        using ModelFile file = ModelFile.Open(model.Model!);
        ModelText text = ModelText.Open(file, chosenTemplate: null);
        using ModelSession session = ModelSession.Load(file, model, context.Cancellation);
        var rows = new RowTokenizer(text.Tokenizer, text.Renderer, text.Source.EosToken, new TokenizationOptions());
        TokenDataset data = TokenDataset.Load([new DataFile(path)], new DataFileOptions { MaxRows = Questions.Count }, new ColumnOptions(), rows, context.Cancellation);
        double loss = HeldOutLossTask.Run(session.Model, data.Rows, cancellation: context.Cancellation).Loss;
        var generator = new Generator(session.Model, text.Tokenizer);
        var options = new GenerationOptions { MaxNewTokens = MaxNewTokens, EosTokenIds = text.EosTokenIds };
        int answered = 0;
        int right = 0;
        IReadOnlyList<GenerationResult> results = generator.Generate(
            [.. Questions.Select(question => text.EncodeChat([ModelText.Message("user", question.Prompt)]))],
            options,
            Streams,
            (i, result) =>
            {
                right += result.Text.Trim() == Questions[i].Answer ? 1 : 0;
                context.Terminal.Live($"{title}: {++answered} of {Questions.Count} questions, {right} right");
            },
            context.Cancellation);
        context.Cancellation.ThrowIfCancellationRequested();
        return new ExamResult(loss, [.. results.Select(result => result.Text.Trim())], right);
    }
}
