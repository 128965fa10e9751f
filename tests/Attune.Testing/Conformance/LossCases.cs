using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Losses.</summary>
internal static class LossCases
{
    private static readonly Shape[] Shapes = [[1], [17], [3, 5], [2, 0], [2, 3, 16]];

    private static readonly Shape[] Logits = [[1, 1], [4, 7], [5, 17], [3, 33], [0, 5]];

    public static IEnumerable<OpCase> All => [.. Shapes.SelectMany(Elementwise), .. Logits.SelectMany(OverClasses), .. Shapes.SelectMany(OverRows)];

    private static IEnumerable<OpCase> Elementwise(Shape shape)
    {
        OpInput targets = new(shape, OpInput.Below(2)) { WantsGradient = false };
        yield return new("BinaryCrossEntropyOp.BinaryCrossEntropyWithLogits", [new(shape, OpInput.Any), targets], x => x[0].BinaryCrossEntropyWithLogits(x[1]));
        yield return new(
            "BinaryCrossEntropyOp.BinaryCrossEntropyWithLogits",
            [new(shape, OpInput.Any), targets, new([shape[-1]], OpInput.Positive) { WantsGradient = false }],
            x => x[0].BinaryCrossEntropyWithLogits(x[1], x[2]))
        {
            Detail = "positive weight",
        };
        yield return new("SmoothL1Op.SmoothL1", [new(shape, OpInput.Halves), new(shape, OpInput.Quarters)], x => x[0].SmoothL1(x[1]));
        if (shape.Count > 0)
        {
            yield return new("MeanSquaredErrorOp.MeanSquaredError", [new(shape, OpInput.Any), new(shape, OpInput.Any)], x => x[0].MeanSquaredError(x[1]));
        }
    }

    private static IEnumerable<OpCase> OverRows(Shape shape) =>
    [
        new("KlDivergenceOp.KlDivergence", [new(shape, OpInput.Any), new(shape, OpInput.Any) { WantsGradient = false }], x => x[0].KlDivergence(x[1], 2)),
        new("CosineSimilarityOp.CosineSimilarity", [new(shape, OpInput.AwayFromZero), new(shape, OpInput.AwayFromZero)], x => x[0].CosineSimilarity(x[1])) { BFloat16Tolerance = 0.1 },
    ];

    private static IEnumerable<OpCase> OverClasses(Shape shape)
    {
        OpInput logits = new(shape, OpInput.Any);
        OpInput labels = OpInput.Indices([shape[0]], (int)shape[1]);
        yield return new("CrossEntropyOp.CrossEntropy", [logits, labels], x => x[0].CrossEntropy(x[1]));
        foreach (Reduction reduction in (Reduction[])[Reduction.None, Reduction.Sum, Reduction.Mean])
        {
            if (shape[0] == 0 && reduction == Reduction.Mean)
            {
                continue;
            }

            // Label 0 stands for the ignored ones where there is more than one row.
            var options = new ClassCrossEntropyOptions { Reduction = reduction, LabelSmoothing = 0.1, IgnoreIndex = shape[0] > 1 ? 0 : -100 };
            yield return new("ClassCrossEntropyOp.ClassCrossEntropy", [logits, labels], x => x[0].ClassCrossEntropy(x[1], options)) { Detail = $"smoothed {reduction}" };
            yield return new(
                "ClassCrossEntropyOp.ClassCrossEntropy",
                [logits, labels, new([shape[1]], OpInput.Positive) { Type = DType.F32, WantsGradient = false }],
                x => x[0].ClassCrossEntropy(x[1], options with { ClassWeights = x[2] }))
            {
                Detail = $"weighted {reduction}",
            };
        }
    }
}
