namespace Attune.Tensors.Backends;

/// <summary>A product of few summed elements that is added to a larger one, so that the result is written once.</summary>
/// <param name="Left">[M, r].</param>
/// <param name="Right">[r, columns of the result]; may be strided.</param>
public readonly record struct LowRankTerm(Tensor Left, Tensor Right)
{
    /// <summary>Summed elements, r.</summary>
    public long Rank => Left.Shape[1];
}
