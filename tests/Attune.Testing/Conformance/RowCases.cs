using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Reductions, softmax, normalisation.</summary>
internal static class RowCases
{
    private static readonly Shape[] Shapes = [[1], [17], [0, 5], [3, 0], [3, 1], [5, 15], [2, 16], [3, 17], [2, 3, 33], [2, 2, 3, 4]];

    public static IEnumerable<OpCase> All => [.. Shapes.SelectMany(Reductions), .. Shapes.SelectMany(Softmaxes), .. Shapes.SelectMany(Norms), .. Scalars(), .. Sinks(), .. Large()];

    private static IEnumerable<OpCase> Reductions(Shape shape)
    {
        yield return new("SumOp.Sum", [new(shape, OpInput.Any)], x => x[0].Sum()) { Detail = "all" };
        yield return new("SumOp.Sum", [new(shape, OpInput.Any)], x => x[0].Sum(-1)) { Detail = "rows" };
        yield return new("SumOp.Sum", [new(shape, OpInput.Any)], x => x[0].Sum(0)) { Detail = "columns" };
        yield return new("SumOp.Max", [new(shape, OpInput.Any)], x => x[0].Max(-1)) { Detail = "rows", HasGradient = false };
        yield return new("SumOp.Max", [new(shape, OpInput.Any)], x => x[0].Max(0)) { Detail = "columns", HasGradient = false };
        if (shape.Count > 0)
        {
            yield return new("SumOp.Mean", [new(shape, OpInput.Any)], x => x[0].Mean()) { Detail = "all" };
            yield return new("SumOp.Mean", [new(shape, OpInput.Any)], x => x[0].Mean(-1)) { Detail = "rows" };
            yield return new("SumOp.Mean", [new(shape, OpInput.Any)], x => x[0].Mean(0)) { Detail = "columns" };
        }

        if (shape[-1] > 0)
        {
            yield return new("SumOp.ArgMax", [new(shape, OpInput.Halves)], x => x[0].ArgMax()) { HasGradient = false };
        }
    }

    private static IEnumerable<OpCase> Scalars() =>
    [
        new("SumOp.Sum", [new([], OpInput.Any)], x => x[0].Sum()),
        new("SumOp.Mean", [new([], OpInput.Any)], x => x[0].Mean()),
    ];

    private static IEnumerable<OpCase> Softmaxes(Shape shape) =>
    [
        new("SoftmaxOp.Softmax", [new(shape, OpInput.Any)], x => x[0].Softmax()),
        new("SoftmaxOp.LogSoftmax", [new(shape, OpInput.Any)], x => x[0].LogSoftmax()),
        new("MaskedSoftmaxOp.MaskedSoftmax", [new(shape, OpInput.Any), OpInput.Condition(shape)], x => x[0].MaskedSoftmax(x[1])),
        new("MaskedSoftmaxOp.MaskedSoftmax", [new(shape, OpInput.Any), OpInput.Condition([shape[-1]])], x => x[0].MaskedSoftmax(x[1])) { Detail = "mask repeated" },
        new("MaskedSoftmaxOp.MaskedSoftmax", [new(shape, OpInput.Any), OpInput.Condition(shape)], x => x[0].MaskedSoftmax(x[1], uniformWhenNone: true))
        {
            // The gradient of a row with nothing allowed is by definition not the limit of differences.
            Detail = "uniform when none",
            IsSmooth = false,
        },
        new("MaskedSoftmaxOp.MaskedSoftmax", [new(shape, OpInput.Any), new([1], _ => 0) { Type = DType.Bool, WantsGradient = false }], x => x[0].MaskedSoftmax(x[1])) { Detail = "nothing allowed" },
    ];

    /// <summary>Rows whose exponentials overflow unless they are shifted.</summary>
    private static IEnumerable<OpCase> Large()
    {
        static double Wide(Random random) => random.Next(-64, 65) * 32;
        return
        [
            new("SoftmaxOp.Softmax", [new([3, 17], Wide)], x => x[0].Softmax()) { Detail = "large", IsSmooth = false },
            new("SoftmaxOp.LogSoftmax", [new([3, 17], Wide)], x => x[0].LogSoftmax()) { Detail = "large", IsSmooth = false },
        ];
    }

    private static IEnumerable<OpCase> Norms(Shape shape)
    {
        OpInput x = new(shape, OpInput.AwayFromZero);
        OpInput row = new([shape[-1]], OpInput.Any);
        return
        [
            new("RmsNormOp.RmsNorm", [x, row], t => t[0].RmsNorm(t[1], 1e-2)),
            new("RmsNormOp.RmsNorm", [x, row], t => t[0].RmsNorm(t[1], 1e-2, 1)) { Detail = "offset 1" },
            new("RmsNormOp.RmsNorm", [x, row with { WantsGradient = false }], t => t[0].RmsNorm(t[1], 1e-2)) { Detail = "frozen weight" },
            new("RmsNormOp.RmsNorm", [x with { WantsGradient = false }, row], t => t[0].RmsNorm(t[1], 1e-2)) { Detail = "frozen input" },
            new("RmsNormOp.RmsNorm", [x, row with { Type = DType.F32 }], t => t[0].RmsNorm(t[1], 1e-2)) { Detail = "F32 weight" },
            new("RmsNormOp.RmsNorm", [x with { Type = DType.F32 }, row], t => t[0].RmsNorm(t[1], 1e-2, dtype: DType.BF16)) { Detail = "F32 to BF16", IsSmooth = false },
            .. LayerNorms(x, row),
        ];
    }

    /// <summary>In rows of one repeated value all that is left of the differences is rounding, and 1 / sqrt(eps) makes ten times that of it.</summary>
    private static IEnumerable<OpCase> LayerNorms(OpInput x, OpInput row) => ((OpCase[])
    [
        new("LayerNormOp.LayerNorm", [x, row, row], t => t[0].LayerNorm(t[1], t[2], 1e-2)),
        new("LayerNormOp.LayerNorm", [x, row], t => t[0].LayerNorm(t[1], null, 1e-2)) { Detail = "no bias" },
        new("LayerNormOp.LayerNorm", [x with { WantsGradient = false }, row, row], t => t[0].LayerNorm(t[1], t[2], 1e-2)) { Detail = "frozen input" },
        new("LayerNormOp.LayerNorm", [x, row with { WantsGradient = false }, row], t => t[0].LayerNorm(t[1], t[2], 1e-2)) { Detail = "frozen weight" },
        new("LayerNormOp.LayerNorm", [x, row with { Type = DType.F32 }, row with { Type = DType.F32 }], t => t[0].LayerNorm(t[1], t[2], 1e-2)) { Detail = "F32 weights" },
        new("LayerNormOp.LayerNorm", [x], t => t[0].LayerNorm(null, null, 1e-2)) { Detail = "no weight" },
    ]).Select(item => item with { Tolerance = 1e-4 });

    private static IEnumerable<OpCase> Sinks()
    {
        (Shape Scores, long Heads)[] cases = [([1, 1, 1], 1), ([4, 2, 5], 4), ([2, 3, 2, 17], 3), ([3, 0, 4], 3), ([2, 3, 0], 2)];
        return cases.Select(item => new OpCase("SinkSoftmaxOp.SinkSoftmax", [new(item.Scores, OpInput.Any), new([item.Heads], OpInput.Any)], x => x[0].SinkSoftmax(x[1])));
    }
}
