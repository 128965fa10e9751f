using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>How the inputs of an operation lie in memory and who else uses them.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Stored">Extents of the tensor that holds an input.</param>
/// <param name="View">The input as a view of it.</param>
public sealed record OpLayout(string Name, Func<Shape, Shape> Stored, Func<Tensor, Shape, Tensor> View)
{
    private const int Gap = 3;

    /// <summary>Whether something else uses the inputs, so that gradients are added to what is there.</summary>
    public bool IsShared { get; init; }

    /// <summary>All layouts.</summary>
    public static IReadOnlyList<OpLayout> All { get; } =
    [
        new("contiguous", shape => shape, (x, _) => x),
        new("shared", shape => shape, (x, _) => x) { IsShared = true },
        new("transposed", shape => shape.Rank < 2 ? shape : Swapped(shape), (x, shape) => shape.Rank < 2 ? x : x.Transpose()),
        new("narrowed columns", shape => shape.Rank == 0 ? shape : shape.With(-1, shape[-1] + Gap), (x, shape) => shape.Rank == 0 ? x : x.Narrow(-1, 1, shape[-1])),
        new("narrowed rows", shape => shape.Rank == 0 ? shape : shape.With(0, shape[0] + Gap), (x, shape) => shape.Rank == 0 ? x : x.Narrow(0, 1, shape[0])),
        new("repeated", shape => shape.Rank == 0 ? shape : shape.With(-1, 1), (x, shape) => x.Expand(shape)),
    ];

    private static Shape Swapped(in Shape shape) => shape.With(-1, shape[-2]).With(-2, shape[-1]);
}
