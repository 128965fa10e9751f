using Attune.Cli.Models;
using Attune.Data.Tokenization;
using Attune.Inference;

namespace Attune.Cli.Training;

/// <summary>What a model answers to a held-out row.</summary>
/// <param name="Prompt">The row up to where the answer begins.</param>
/// <param name="Expected">The row's own answer.</param>
/// <param name="Before">The answer before training.</param>
/// <param name="After">The answer after it; null while the run has not ended.</param>
internal sealed record RunSample(string Prompt, string Expected, string Before, string? After);

/// <summary>Lets the model answer the first held-out rows before and after a run, without chance, and writes that to <c>samples.jsonl</c>.</summary>
internal sealed class RunSamples(string folder, ModelSession session, ModelText text, CancellationToken cancellation)
{
    public const string FileName = "samples.jsonl";

    private const int MaxNewTokens = 64;

    private readonly string _path = Path.Combine(folder, FileName);

    /// <summary>Reads the samples of a run; none where it made none.</summary>
    public static IReadOnlyList<RunSample> Read(string folder) => LogLines.Read<RunSample>(Path.Combine(folder, FileName));

    /// <summary>Answers before the first step; a run that goes on keeps the answers that it has.</summary>
    /// <param name="rows">The held-out rows.</param>
    /// <param name="count">How many of them are answered.</param>
    public void AnswerBefore(IReadOnlyList<TokenRow> rows, int count)
    {
        if (count == 0 || File.Exists(_path))
        {
            return;
        }

        Write([.. rows.Where(row => AnswerStart(row) > 0).Take(count).Select(row =>
        {
            int start = AnswerStart(row);
            return new RunSample(Decode(row.InputIds[..start]), Decode(row.InputIds[start..]), Answer(row.InputIds[..start]), null);
        })]);
    }

    /// <summary>Answers the same rows again.</summary>
    /// <param name="rows">The held-out rows.</param>
    public void AnswerAfter(IReadOnlyList<TokenRow> rows)
    {
        TokenRow[] asked = [.. rows.Where(row => AnswerStart(row) > 0)];
        Write([.. Read(folder).Zip(asked, (sample, row) => sample with { After = Answer(row.InputIds[..AnswerStart(row)]) })]);
    }

    private static int AnswerStart(TokenRow row) => Array.FindIndex(row.Labels, label => label != TokenRow.NoLoss);

    private void Write(IReadOnlyList<RunSample> samples)
    {
        if (samples.Count > 0)
        {
            LogLines.Write(_path, samples);
        }
    }

    private string Answer(int[] prompt) =>
        new Generator(session.Model, text.Tokenizer).Generate(prompt, new GenerationOptions { MaxNewTokens = MaxNewTokens, EosTokenIds = text.EosTokenIds }, cancellation: cancellation).Text;

    private string Decode(int[] ids) => text.Tokenizer.Decode(ids, skipSpecialTokens: true);
}
