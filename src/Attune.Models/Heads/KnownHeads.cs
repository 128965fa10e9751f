using Attune.Formats;
using Attune.Nn;

namespace Attune.Models.Heads;

/// <summary>A kind of model by what it is for.</summary>
/// <param name="Key">What users write.</param>
/// <param name="Architecture">How the name of its class ends in config.json.</param>
/// <param name="Load">Makes the model.</param>
public sealed record ModelHead(string Key, string Architecture, Func<HeadParts, Network> Load)
{
    /// <summary>A copy of a configuration that names this head.</summary>
    public ModelConfig NameIn(ModelConfig config, string className) => config.With("architectures", new System.Text.Json.Nodes.JsonArray(className + Architecture));
}

/// <summary>All heads.</summary>
public static class KnownHeads
{
    /// <summary>Masked language modelling.</summary>
    public static ModelHead MaskedLm { get; } = new("mlm", "ForMaskedLM", MaskedLmModel.Load);

    /// <summary>Classes or numbers of sequences.</summary>
    public static ModelHead SequenceClassification { get; } = new("classify", "ForSequenceClassification", SequenceClassificationModel.Load);

    /// <summary>Classes of tokens.</summary>
    public static ModelHead TokenClassification { get; } = new("tag", "ForTokenClassification", TokenClassificationModel.Load);

    /// <summary>Answers within a text.</summary>
    public static ModelHead QuestionAnswering { get; } = new("qa", "ForQuestionAnswering", QuestionAnsweringModel.Load);

    /// <summary>The best of several texts.</summary>
    public static ModelHead MultipleChoice { get; } = new("choice", "ForMultipleChoice", MultipleChoiceModel.Load);

    /// <summary>Detection of replaced tokens.</summary>
    public static ModelHead ReplacedTokens { get; } = new("rtd", "ForPreTraining", ReplacedTokenModel.Load);

    /// <summary>No head.</summary>
    public static ModelHead None { get; } = new("none", "Model", EncoderModel.Load);

    /// <summary>One line each.</summary>
    public static IReadOnlyList<ModelHead> All { get; } = [MaskedLm, SequenceClassification, TokenClassification, QuestionAnswering, MultipleChoice, ReplacedTokens, None];

    /// <summary>The head that a configuration names; null when it names none of these.</summary>
    public static ModelHead? For(ModelConfig config) =>
        config.Architectures.Count == 0 ? null : All.FirstOrDefault(head => config.Architectures[0].EndsWith(head.Architecture, StringComparison.Ordinal));
}
