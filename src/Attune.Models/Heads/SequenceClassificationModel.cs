using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>What the outputs of a classifier of sequences mean; its loss follows from it.</summary>
public enum ProblemType
{
    /// <summary>One class out of several: cross entropy.</summary>
    SingleLabel,

    /// <summary>Any number of classes: binary cross entropy of each.</summary>
    MultiLabel,

    /// <summary>Numbers: squared error.</summary>
    Regression,
}

/// <summary>Classes or numbers of whole sequences.</summary>
public sealed class SequenceClassificationModel : HeadModel
{
    private readonly Pooler _pooler;
    private readonly Linear _output;

    private SequenceClassificationModel(HeadParts parts)
        : base(parts)
    {
        _pooler = Add(parts.Pooler(parts.Layout.Sequence));
        Labels = LabelNames.Read(parts.Config);
        _output = Add(parts.Weights.Linear(parts.Layout.SequenceOutput, Backbone.HiddenSize, Labels.Count, parts.Layout.SequenceOutputBias));
        Problem = parts.Config.FindString("problem_type") switch
        {
            null => Labels.Count == 1 ? ProblemType.Regression : ProblemType.SingleLabel,
            "single_label_classification" => ProblemType.SingleLabel,
            "multi_label_classification" => ProblemType.MultiLabel,
            "regression" => ProblemType.Regression,
            _ => throw parts.Config.Wrong("problem_type", "single_label_classification, multi_label_classification or regression"),
        };
    }

    /// <summary>Names of the outputs, in order.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>What the outputs mean: <c>problem_type</c>; without it one output is a number and more are classes.</summary>
    public ProblemType Problem { get; }

    /// <inheritdoc/>
    public override Linear? OutputLayer => _output;

    /// <summary>Makes the model.</summary>
    public static SequenceClassificationModel Load(HeadParts parts) => new(parts);

    /// <summary>[S, L]: a row per sequence.</summary>
    public override Tensor Logits(in ForwardPass pass) => _output.Forward(_pooler.Forward(Backbone.Forward(pass), pass.Tokens)).Cast(DType.F32);

    /// <summary>The sum of the cross entropies of the sequences with a label, and their number.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="labels">[S]: a class, or <see cref="HeadModel.Ignored"/>.</param>
    /// <exception cref="TensorException">No sequence has a label, or one is not a class.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<int> labels) =>
        Targets.SumCrossEntropy(Logits(pass), labels, "classification");

    /// <summary>The sum over all outputs of the binary cross entropies or squared errors, as <see cref="Problem"/> says, and the number of outputs.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="targets">[S, L]: 0 or 1 for each class, or numbers.</param>
    /// <exception cref="TensorException">The number of targets does not fit.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<float> targets)
    {
        Tensor logits = Logits(pass);
        Tensor wanted = Device.From(targets, logits.Shape);
        Tensor losses = Problem == ProblemType.MultiLabel ? logits.BinaryCrossEntropyWithLogits(wanted) : logits.Sub(wanted).Square();
        return (losses.Sum(), targets.Length);
    }
}
