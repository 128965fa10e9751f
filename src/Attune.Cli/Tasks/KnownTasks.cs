using Attune.Data.Tasks;
using Attune.Models.Heads;

namespace Attune.Cli.Tasks;

/// <summary>What a task needs besides its rows.</summary>
/// <param name="Rows">What the rows hold.</param>
/// <param name="Head">The head of its models; null for models that write texts.</param>
/// <param name="PeftType">PEFT's name of the task; null for none.</param>
/// <param name="ProblemType">What transformers calls the problem of the head; null where a head has only one.</param>
internal sealed record TaskKind(RowTask Rows, ModelHead? Head, string? PeftType, string? ProblemType = null)
{
    public string Key => Rows.Key;

    public override string ToString() => Key;
}

/// <summary>All tasks but next-token prediction.</summary>
internal static class KnownTasks
{
    /// <summary>One line each.</summary>
    public static IReadOnlyList<TaskKind> All { get; } =
    [
        new(new MlmRows(), KnownHeads.MaskedLm, null),
        new(new ClassifyRows(), KnownHeads.SequenceClassification, "SEQ_CLS", "single_label_classification"),
        new(new MultiLabelRows(), KnownHeads.SequenceClassification, "SEQ_CLS", "multi_label_classification"),
        new(new RegressRows(), KnownHeads.SequenceClassification, "SEQ_CLS", "regression"),
        new(new TagRows(), KnownHeads.TokenClassification, "TOKEN_CLS"),
        new(new QaRows(), KnownHeads.QuestionAnswering, "QUESTION_ANS"),
        new(new ChoiceRows(), KnownHeads.MultipleChoice, null),
        new(new Seq2SeqRows(), null, "SEQ_2_SEQ_LM"),
        new(new EmbedRows(), SentenceEmbeddingModel.HeadOf(SentencePooling.Default), "FEATURE_EXTRACTION"),
    ];

    /// <summary>The task of a key; null for next-token prediction.</summary>
    /// <exception cref="Data.DataException">There is no such task.</exception>
    public static TaskKind? Of(string key) => KnownRowTasks.Of(key) is { } rows ? All.First(task => task.Key == rows.Key) : null;
}
