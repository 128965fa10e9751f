using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Heads;

/// <summary>Extractive question answering: where in its sequence an answer starts and ends (Rajpurkar et al. 2016).</summary>
public sealed class QuestionAnsweringModel : HeadModel
{
    /// <summary>Logit of the places behind a shorter sequence: weighs nothing, and is far from overflowing.</summary>
    private const float Nowhere = -1e30f;

    private readonly Transform? _transform;
    private readonly Linear _output;

    private QuestionAnsweringModel(HeadParts parts)
        : base(parts)
    {
        _transform = AddIfAny(parts.Layout.Token is { } layout ? parts.Transform(layout, Backbone.HiddenSize) : null);
        _output = Add(parts.Weights.Linear(parts.Layout.AnswerOutput, Backbone.HiddenSize, 2, bias: true));
    }

    /// <inheritdoc/>
    public override Linear? OutputLayer => _output;

    /// <summary>Makes the model.</summary>
    public static QuestionAnsweringModel Load(HeadParts parts) => new(parts);

    /// <summary>[N, 2]: for each token how well an answer starts and ends with it.</summary>
    public override Tensor Logits(in ForwardPass pass)
    {
        Tensor hidden = Backbone.Forward(pass);
        return _output.Forward(_transform?.Forward(hidden) ?? hidden.Cast(Compute)).Cast(DType.F32);
    }

    /// <summary>
    /// The sum over the sequences of half of the cross entropies of start and end over the tokens of the sequence, and the number of sequences. A place outside of its
    /// sequence does not count; the mean is then made of those of starts and of ends.
    /// </summary>
    /// <param name="pass">The batch.</param>
    /// <param name="starts">[S]: place of the answer's first token in its sequence.</param>
    /// <param name="ends">[S]: place of its last token.</param>
    /// <exception cref="TensorException">No place lies inside of its sequence.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass pass, ReadOnlySpan<int> starts, ReadOnlySpan<int> ends)
    {
        int[] borders = pass.Tokens.Layout.QueryStarts.ToInt32Array();
        int sequences = borders.Length - 1;
        (Tensor table, int longest) = PerSequence(Logits(pass), borders);
        (Tensor? start, int startCount) = Side(table.Narrow(0, 0, sequences), starts, borders);
        (Tensor? end, int endCount) = Side(table.Narrow(0, sequences, sequences), ends, borders);
        int count = Math.Max(startCount, endCount);
        if (count == 0)
        {
            throw new TensorException($"question answering: no answer of the batch lies inside of its sequence (the longest has {longest} tokens)");
        }

        Tensor zero = Device.Zeros([], DType.F32);
        Tensor half = start?.Affine(0.5 * count / startCount) ?? zero;
        return (half.Add(end?.Affine(0.5 * count / endCount) ?? zero), count);
    }

    /// <summary>Logits [N, 2] as [2 S, longest]: a row per sequence, starts before ends.</summary>
    private (Tensor Table, int Longest) PerSequence(Tensor logits, int[] borders)
    {
        int sequences = borders.Length - 1;
        int tokens = borders[^1];
        int longest = 0;
        for (int s = 0; s < sequences; s++)
        {
            longest = Math.Max(longest, borders[s + 1] - borders[s]);
        }

        var places = new int[sequences * longest];
        for (int s = 0; s < sequences; s++)
        {
            for (int i = 0; i < longest; i++)
            {
                places[(s * longest) + i] = borders[s] + i < borders[s + 1] ? borders[s] + i : tokens;
            }
        }

        Tensor padded = logits.Concat(Device.Full([1, 2], DType.F32, Nowhere)).Embedding(Device.From(places, [places.Length]));
        return (padded.Transpose().Contiguous().Reshape(2L * sequences, longest), longest);
    }

    private static (Tensor? Sum, int Count) Side(Tensor logits, ReadOnlySpan<int> places, int[] borders)
    {
        var labels = new int[places.Length];
        for (int s = 0; s < labels.Length; s++)
        {
            labels[s] = (uint)places[s] < (uint)(borders[s + 1] - borders[s]) ? places[s] : Ignored;
        }

        if (labels.AsSpan().IndexOfAnyExcept(Ignored) < 0)
        {
            return (null, 0);
        }

        (Tensor sum, int count) = Targets.SumCrossEntropy(logits, labels, "question answering");
        return (sum, count);
    }
}
