using Attune.Nn.FeedForward;

namespace Attune.Models.Heads;

/// <summary>Which states stand for a whole sequence.</summary>
public enum Pooling
{
    /// <summary>That of its first token.</summary>
    First,

    /// <summary>That of its last token that is not padding.</summary>
    Last,

    /// <summary>The mean of all.</summary>
    Mean,
}

/// <summary>A linear layer of the states with an activation and possibly a norm behind it.</summary>
/// <param name="Dense">Name of the linear layer.</param>
/// <param name="Activation">What follows it.</param>
/// <param name="Norm">Name of the normalisation; null for none.</param>
public sealed record TransformLayout(string Dense, Activation Activation, string? Norm = null)
{
    /// <summary>Added to the variance in the norm.</summary>
    public double NormEpsilon { get; init; } = 1e-12;

    /// <summary>Whether the linear layer has a bias.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether the norm has a shift.</summary>
    public bool NormBias { get; init; } = true;
}

/// <summary>How one vector is made of the states of a sequence.</summary>
/// <param name="Pooling">Which states are taken.</param>
/// <param name="Transform">What is done with them; null for nothing.</param>
/// <param name="InBackbone">Whether the layers lie with the backbone in the files.</param>
public sealed record PoolerLayout(Pooling Pooling, TransformLayout? Transform, bool InBackbone = false);

/// <summary>Where and what the layers of a family's heads are. Names are those of the files.</summary>
public sealed record HeadLayout
{
    /// <summary>The vector that a model without a head gives beside its states; null for none.</summary>
    public PoolerLayout? Base { get; init; }

    /// <summary>What masked language modelling does before its output layer; null when the family has no such head.</summary>
    public TransformLayout? MaskedLm { get; init; }

    /// <summary>The output layer of masked language modelling, there when it does not share the embedding.</summary>
    public string MaskedLmDecoder { get; init; } = "cls.predictions.decoder";

    /// <summary>The bias of that output layer; null for none.</summary>
    public string? MaskedLmBias { get; init; } = "cls.predictions.bias";

    /// <summary>What classification of sequences reads.</summary>
    public required PoolerLayout Sequence { get; init; }

    /// <summary>The output layer of classification of sequences.</summary>
    public string SequenceOutput { get; init; } = "classifier";

    /// <summary>Whether that layer has a bias.</summary>
    public bool SequenceOutputBias { get; init; } = true;

    /// <summary>What multiple choice reads.</summary>
    public PoolerLayout? Choice { get; init; }

    /// <summary>What is done with the states of tokens before the output layers of token classification and question answering; null for nothing.</summary>
    public TransformLayout? Token { get; init; }

    /// <summary>The output layer of token classification.</summary>
    public string TokenOutput { get; init; } = "classifier";

    /// <summary>The output layer of question answering.</summary>
    public string AnswerOutput { get; init; } = "qa_outputs";

    /// <summary>What the detection of replaced tokens does before its output layer; null when the family has no such head.</summary>
    public TransformLayout? Replaced { get; init; }

    /// <summary>The output layer of the detection of replaced tokens.</summary>
    public string ReplacedOutput { get; init; } = "discriminator_predictions.dense_prediction";
}
