namespace Attune.Formats;

/// <summary>gpt-oss' experts: Hugging Face holds gate and up projections of all as [expert, in, out] with the outputs of both in turns, GGUF as two tensors [expert, out, in].</summary>
internal sealed class Alternating : TensorRule
{
    private const string Fused = "mlp.experts.gate_up_proj";

    private const string Gate = "ffn_gate_exps";

    private const string Up = "ffn_up_exps";

    /// <summary>Rows and columns of each expert exchanged.</summary>
    public static TensorView Turn(TensorView experts) => experts.Shape.Rank == 3 && experts.Shape[0] is > 0 and <= ModelConfig.MostParts
        ? StackView.Of([.. Enumerable.Range(0, (int)experts.Shape[0]).Select(i => new TransposedView(experts.Slice(i)))])
        : throw experts.Bad($"expected a matrix for each of at most {ModelConfig.MostParts} experts, found shape {experts.Shape}");

    public override void ToHuggingFace(TensorGroup group)
    {
        if (Pair(group, ".weight") is ({ } gate, { } up))
        {
            group.Give(Fused, InTurns(Turn(gate), Turn(up)));
        }

        if (Pair(group, ".bias") is ({ } gateBias, { } upBias))
        {
            group.Give($"{Fused}_bias", InTurns(gateBias, upBias));
        }
    }

    public override void ToGguf(TensorGroup group)
    {
        if (group.Take(Fused) is { } weight)
        {
            group.Give($"{Gate}.weight", Turn(new EverySecondView(weight, 0)));
            group.Give($"{Up}.weight", Turn(new EverySecondView(weight, 1)));
        }

        if (group.Take($"{Fused}_bias") is { } bias)
        {
            group.Give($"{Gate}.bias", new EverySecondView(bias, 0));
            group.Give($"{Up}.bias", new EverySecondView(bias, 1));
        }
    }

    // The elements of both in turns, which makes rows of twice the length: columns of what has all of one above all of the other.
    private static TensorView InTurns(TensorView even, TensorView odd)
    {
        if (!odd.Shape.Equals(even.Shape) || even.Shape.Rank == 0 || even.Shape[-1] > int.MaxValue)
        {
            throw odd.Bad($"expected rows of at most {int.MaxValue} elements like '{even.Origin.Name}' {even.Shape}, found shape {odd.Shape}");
        }

        var both = StackView.Of([even.Reshaped([even.Shape.Count]), odd.Reshaped([odd.Shape.Count])]);
        return new TransposedView(both).Reshaped(even.Shape.With(-1, 2 * even.Shape[-1]));
    }

    private static (TensorView?, TensorView?) Pair(TensorGroup group, string suffix) =>
        group.Has(Gate + suffix) && group.Has(Up + suffix) ? (group.Take(Gate + suffix), group.Take(Up + suffix)) : (null, null);
}
