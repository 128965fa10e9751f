using Attune.Models;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;

namespace Attune.Training.Objectives;

/// <summary>What objectives need to know besides the model.</summary>
public sealed record ObjectiveSettings
{
    /// <summary>The id that stands for a hidden token; needed by <c>mlm</c>.</summary>
    public int? MaskId { get; init; }

    /// <summary>Says which ids <c>mlm</c> never hides. Default: none.</summary>
    public Func<int, bool> IsSpecial { get; init; } = static _ => false;

    /// <summary>Share of the tokens that <c>mlm</c> predicts. Default 0.15.</summary>
    public double MlmProbability { get; init; } = 0.15;
}

/// <summary>A kind of objective.</summary>
/// <param name="Key">What users write.</param>
/// <param name="Create">Makes the objective for a model; null when the model has another head.</param>
public sealed record ObjectiveKind(string Key, Func<Network, ObjectiveSettings, IObjective?> Create);

/// <summary>All objectives.</summary>
public static class KnownObjectives
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<ObjectiveKind> All { get; } =
    [
        new(CausalLmObjective.Name, static (model, _) => model is CausalLmModel head ? new CausalLmObjective(head) : null),
        new(MaskedLmObjective.Name, static (model, settings) => model is MaskedLmModel head ? MaskedLmObjective.Create(head, settings) : null),
        new(SequenceClassificationObjective.Name, static (model, _) => model is SequenceClassificationModel head ? new SequenceClassificationObjective(head) : null),
        new(TokenClassificationObjective.Name, static (model, _) => model is TokenClassificationModel head ? new TokenClassificationObjective(head) : null),
        new(QuestionAnsweringObjective.Name, static (model, _) => model is QuestionAnsweringModel head ? new QuestionAnsweringObjective(head) : null),
        new(MultipleChoiceObjective.Name, static (model, _) => model is MultipleChoiceModel head ? new MultipleChoiceObjective(head) : null),
        new(EmbeddingObjective.Name, static (model, _) => model is SentenceEmbeddingModel head ? new EmbeddingObjective(head) : null),
        new(Seq2SeqObjective.Name, static (model, _) => model is Seq2SeqModel head ? new Seq2SeqObjective(head) : null),
    ];

    /// <summary>The objective of a model with its head.</summary>
    /// <exception cref="TrainingException">No objective trains such a model.</exception>
    public static IObjective For(Network model, ObjectiveSettings settings) =>
        All.Select(kind => kind.Create(model, settings)).FirstOrDefault(objective => objective is not null)
        ?? throw new TrainingException($"no objective trains a {model.GetType().Name}; the known ones are {string.Join(", ", All.Select(kind => kind.Key))}.");
}
