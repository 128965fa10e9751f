
namespace Attune.Formats;

/// <summary>Weights that Hugging Face numbers (the experts of a mixture, the norms of heads) and GGUF holds as one tensor with a dimension more.</summary>
/// <param name="gguf">Name in GGUF behind the layer.</param>
/// <param name="before">What stands before the number in Hugging Face's name behind the layer.</param>
/// <param name="after">What stands behind it.</param>
/// <param name="count">How many there are.</param>
/// <param name="single">What stands before the number in old GGUF files, which have a tensor for each; null: there are none.</param>
internal sealed class Stacked(string gguf, string before, string after, Func<ModelConfig, int> count, string? single = null) : TensorRule
{
    public override void ToHuggingFace(TensorGroup group)
    {
        if (group.Take(gguf) is not { } all)
        {
            GiveSingle(group);
            return;
        }

        int expected = count(group.Config);
        if (all.Shape.Rank < 2 || all.Shape[0] != expected || all.Shape.Count == 0)
        {
            throw all.Bad($"expected {expected} weights one after the other, as the configuration has them, found shape {all.Shape}");
        }

        for (int i = 0; i < expected; i++)
        {
            group.Give(Name(i), all.Slice(i));
        }
    }

    public override void ToGguf(TensorGroup group)
    {
        if (group.Take(Name(0)) is not { } first)
        {
            return;
        }

        int expected = count(group.Config);
        var parts = new TensorView[expected];
        parts[0] = first;
        for (int i = 1; i < expected; i++)
        {
            parts[i] = group.Take(Name(i)) ?? throw first.Bad($"is the first of {expected}, but there is no '{Name(i)}' in this layer");
        }

        group.Give(gguf, StackView.Of(parts));
    }

    // What is missing, and what comes behind it, is named by the model's loader.
    private void GiveSingle(TensorGroup group)
    {
        for (int i = 0; single is not null && group.Take($"{single}{i}.weight") is { } one; i++)
        {
            group.Give(Name(i), one);
        }
    }

    private string Name(int index) => $"{before}{index}{after}";
}
