using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Views, copies, conversions, joining.</summary>
internal static class ViewCases
{
    private static readonly Shape[] Shapes = [[1, 1], [0, 3], [3, 0], [3, 17], [2, 3, 16], [2, 3, 5, 4]];

    private static readonly (Shape From, Shape To)[] Expansions = [([], [3, 2]), ([1], [17]), ([3, 1], [2, 3, 16]), ([1, 5], [0, 5]), ([2, 1, 3], [2, 4, 3]), ([2, 3], [2, 3])];

    private static readonly (Shape Shape, int Keys)[] Shifts = [([1, 1], 1), ([3, 5], 3), ([2, 7], 6), ([2, 5, 21], 17), ([2, 2, 17, 33], 17), ([4, 4], 1), ([0, 3, 5], 3)];

    public static IEnumerable<OpCase> All =>
    [
        .. Shapes.SelectMany(OfAnyShape),
        .. Ranges(),
        .. Cuts(),
        new("ReshapeOp.Reshape", [new([3, 4], OpInput.Any)], x => x[0].Reshape(2, -1)) { Detail = "to 2, rest" },
        new("ReshapeOp.Reshape", [new([1, 1], OpInput.Any)], x => x[0].Reshape()) { Detail = "to a scalar" },
        new("ReshapeOp.Reshape", [new([], OpInput.Any)], x => x[0].Reshape(1, 1, 1)) { Detail = "of a scalar" },
        new("ReshapeOp.Reshape", [new([0, 4], OpInput.Any)], x => x[0].Reshape(4, 0)) { Detail = "of nothing" },
        .. Shifts.Select(pair => new OpCase("RelativeShiftOp.RelativeShift", [new(pair.Shape, OpInput.Any)], x => x[0].RelativeShift(pair.Keys)) { Detail = $"to {pair.Keys} keys" }),
        .. Expansions.Select(pair => new OpCase("ExpandOp.Expand", [new(pair.From, OpInput.Any)], x => x[0].Expand(pair.To)) { Detail = $"to {pair.To}" }),
    ];

    private static IEnumerable<OpCase> OfAnyShape(Shape shape) =>
    [
        new("TransposeOp.Transpose", [new(shape, OpInput.Any)], x => x[0].Transpose()),
        new("TransposeOp.Transpose", [new(shape, OpInput.Any)], x => x[0].Transpose(0, -1)) { Detail = "first and last" },
        new("TransposeOp.Transpose", [new(shape, OpInput.Any)], x => x[0].Transpose(0, 0)) { Detail = "with itself" },
        new("ReshapeOp.Reshape", [new(shape, OpInput.Any)], x => x[0].Reshape(x[0].Count)) { Detail = "flat" },
        new("ContiguousOp.Contiguous", [new(shape, OpInput.Any)], x => x[0].Contiguous()),
        new("ContiguousOp.Contiguous", [OpInput.Indices(shape, 1000)], x => x[0].Contiguous()) { Detail = "integers", HasGradient = false },
        new("ContiguousOp.Cast", [new(shape, OpInput.Any)], x => x[0].Cast(DType.F32)) { Detail = "to F32" },
        new("ContiguousOp.Cast", [new(shape, OpInput.Any)], x => x[0].Cast(DType.BF16)) { Detail = "to BF16", IsSmooth = false },
        new("ContiguousOp.Cast", [new(shape, OpInput.Any)], x => x[0].Cast(DType.F16)) { Detail = "to F16", IsSmooth = false },
        new("ContiguousOp.Cast", [OpInput.Indices(shape, 1000)], x => x[0].Cast(DType.F32)) { Detail = "of integers", HasGradient = false },
        new("ContiguousOp.Cast", [OpInput.Condition(shape)], x => x[0].Cast(DType.F32)) { Detail = "of conditions", HasGradient = false },
        new("ContiguousOp.Detached", [new(shape, OpInput.Any)], x => x[0].Detached()) { HasGradient = false },
        new("ConcatOp.Concat", [new(shape, OpInput.Any), new(shape, OpInput.Any)], x => x[0].Concat(x[1])),
        new("ConcatOp.Concat", [new(shape, OpInput.Any), new(shape.With(-1, 2), OpInput.Any)], x => x[0].Concat(x[1], -1)) { Detail = "columns" },
        new("ConcatOp.Concat", [OpInput.Indices(shape, 9), OpInput.Indices(shape, 9)], x => x[0].Concat(x[1])) { Detail = "integers", HasGradient = false },
    ];

    private static IEnumerable<OpCase> Ranges() =>
    [
        new("NarrowOp.Narrow", [new([17], OpInput.Any)], x => x[0].Narrow(0, 3, 5)),
        new("NarrowOp.Narrow", [new([17], OpInput.Any)], x => x[0].Narrow(0, 17, 0)) { Detail = "nothing" },
        new("NarrowOp.Narrow", [new([5, 33], OpInput.Any)], x => x[0].Narrow(0, 1, 3)) { Detail = "rows" },
        new("NarrowOp.Narrow", [new([5, 33], OpInput.Any)], x => x[0].Narrow(1, 16, 17)) { Detail = "columns" },
        new("NarrowOp.Narrow", [new([2, 5, 16], OpInput.Any)], x => x[0].Narrow(-2, 2, 2)) { Detail = "middle" },
        new("NarrowOp.Narrow", [new([4, 6], OpInput.Any)], x => x[0].Narrow(0, 0, 3).Add(x[0].Narrow(0, 1, 3))) { Detail = "two that overlap" },
        new("NarrowOp.Narrow", [new([4, 6], OpInput.Any)], x => x[0].Narrow(1, 0, 3).Mul(x[0].Narrow(1, 1, 3)).Narrow(0, 1, 2)) { Detail = "of columns that overlap" },
        new("NarrowOp.Narrow", [OpInput.Indices([5, 3], 9)], x => x[0].Narrow(1, 1, 2)) { Detail = "integers", HasGradient = false },
    ];

    private static IEnumerable<OpCase> Cuts() =>
    [
        new("SplitOp.Split", [new([5, 33], OpInput.Any)], x => Parts(x[0].Split(1, 16, 17))) { Detail = "two" },
        new("SplitOp.Split", [new([5, 7], OpInput.Any)], x => Parts(x[0].Split(0, 5, 0))) { Detail = "one and nothing" },
        new("SplitOp.Split", [new([3, 2, 6, 4], OpInput.Any)], x => Parts(x[0].Split(2, 4, 1, 1))) { Detail = "three" },
        new("SplitOp.Split", [new([3, 9], OpInput.Any)], x => x[0].Split(-1, 4, 3, 2).Second) { Detail = "of which one is used" },
        new("SplitOp.Split", [new([3, 8], OpInput.Any)], x => x[0].Add(Parts(x[0].Split(1, 3, 5)).Reshape(3, 8))) { Detail = "of a tensor that is used elsewhere" },
    ];

    /// <summary>Both parts in one row, the second one doubled.</summary>
    private static Tensor Parts((Tensor First, Tensor Second) parts) =>
        parts.First.Reshape(parts.First.Count).Concat(parts.Second.Affine(2).Reshape(parts.Second.Count));

    private static Tensor Parts((Tensor First, Tensor Second, Tensor Third) parts) =>
        Parts((parts.First, parts.Second)).Concat(parts.Third.Affine(3).Reshape(parts.Third.Count));
}
