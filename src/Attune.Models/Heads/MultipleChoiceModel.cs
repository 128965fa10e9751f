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
    /// <param name="choices">Number of choices of each question.</param>
    /// <param name="labels">The right choice of each question, or <see cref="HeadModel.Ignored"/>.</param>
    /// <exception cref="TensorException">The sequences are not those of the questions, or a label is not a choice.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<int> choices, ReadOnlySpan<int> labels)
    {
        Tensor scores = Logits(pass);
        if (choices.Length != labels.Length || System.Numerics.Tensors.TensorPrimitives.Sum(choices) != scores.Shape[0])
        {
            throw new TensorException($"multiple choice: {scores.Shape[0]} sequences, {choices.Length} questions and {labels.Length} labels do not fit together");
        }

        int most = System.Numerics.Tensors.TensorPrimitives.Max(choices);
        for (int q = 0; q < labels.Length; q++)
        {
            if (labels[q] >= choices[q])
            {
                throw new TensorException($"multiple choice: label {labels[q]} is none of the {choices[q]} choices of a question");
            }
        }

        return Targets.SumCrossEntropy(choices.ContainsAnyExcept(most) ? Fill(scores, choices, most) : scores.Reshape(labels.Length, most), labels, "multiple choice");
    }

    /// <summary>Rows [Q, most] of scores; questions with fewer choices get choices that nothing takes.</summary>
    private static Tensor Fill(Tensor scores, ReadOnlySpan<int> choices, int most)
    {
        int[] places = new int[choices.Length * most];
        Array.Fill(places, (int)scores.Shape[0]);
        int next = 0;
        for (int q = 0; q < choices.Length; q++)
        {
            for (int i = 0; i < choices[q]; i++)
            {
                places[(q * most) + i] = next++;
            }
        }

        Device device = scores.Device;
        return scores.Concat(device.Full([1, 1], DType.F32, float.MinValue)).Embedding(device.From(places, [places.Length])).Reshape(choices.Length, most);
    }
}
