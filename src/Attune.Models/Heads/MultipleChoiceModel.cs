using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>The best of several sequences: each gets a score, and a question's choices compete.</summary>
public sealed class MultipleChoiceModel : HeadModel
{
    private readonly Pooler _pooler;
    private readonly Linear _output;

    private MultipleChoiceModel(HeadParts parts)
        : base(parts)
    {
        _pooler = Add(parts.Pooler(parts.Layout.Choice ?? throw parts.Lacks("multiple choice")));
        _output = Add(parts.Weights.Linear("classifier", Backbone.HiddenSize, 1, bias: true));
    }

    /// <inheritdoc/>
    public override Linear? OutputLayer => _output;

    /// <summary>Makes the model.</summary>
    public static MultipleChoiceModel Load(HeadParts parts) => new(parts);

    /// <summary>[S, 1]: the score of each sequence.</summary>
    public override Tensor Logits(in ForwardPass pass) => _output.Forward(_pooler.Forward(Backbone.Forward(pass), pass.Tokens)).Cast(DType.F32);

    /// <summary>The sum over the questions of the cross entropies of their choices, and the number of questions.</summary>
    /// <param name="pass">The batch: all choices of the first question, then those of the second.</param>
    /// <param name="choices">Number of choices of every question.</param>
    /// <param name="labels">The right choice of each question, or <see cref="HeadModel.Ignored"/>.</param>
    /// <exception cref="TensorException">The sequences are not a whole number of questions, or a label is not a choice.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, int choices, ReadOnlySpan<int> labels) =>
        Targets.SumCrossEntropy(Logits(pass).Reshape(labels.Length, choices), labels, "multiple choice");
}
