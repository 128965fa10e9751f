using Attune.Tensors.Backends;

namespace Attune.Tensors;

/// <summary>A parameter's values in the layout of products, which are made again when the values have changed, or by the optimiser while it changes them.</summary>
/// <param name="values">The parameter, whose values have just been packed.</param>
/// <param name="matrix">What they were packed into.</param>
public sealed class PackedCopy(Tensor values, PackedMatrix matrix)
{
    private int _version = values.Version;

    /// <summary>The packed values.</summary>
    public PackedMatrix Matrix => matrix;

    /// <summary>Whether the values have changed since they were packed.</summary>
    public bool IsStale => _version != values.Version;

    /// <summary>Says that <see cref="Matrix"/> holds the present values.</summary>
    public void MarkPacked() => _version = values.Version;
}
