using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Products of matrices, rows of tables, convolution, rotation.</summary>
internal static class MatrixCases
{
    private static readonly (Shape Left, Shape Right)[] Products =
    [
        ([1, 1], [1, 1]), ([3, 17], [17, 5]), ([16, 16], [16, 16]), ([15, 33], [33, 17]), ([17, 8], [8, 49]), ([1, 64], [64, 31]), ([0, 3], [3, 4]), ([3, 0], [0, 4]), ([3, 4], [4, 0]),
        ([2, 3, 5], [2, 5, 4]), ([2, 1, 3, 5], [2, 1, 5, 16]), ([0, 2, 3], [0, 3, 2]),
    ];

    private static readonly (Shape Table, Shape Indices)[] Lookups = [([7, 5], [4]), ([3, 16], [2, 9]), ([1, 17], [3]), ([5, 33], [0]), ([5, 0], [3]), ([6, 4], [])];

    public static IEnumerable<OpCase> All =>
    [
        .. Products.SelectMany(OfMatrices),
        .. Lookups.SelectMany(OfTables),
        .. Convolutions(),
        .. Rotations(),
    ];

    private static IEnumerable<OpCase> OfMatrices((Shape Left, Shape Right) pair)
    {
        // Products grow with the inner extent: single precision keeps about six digits of the largest.
        OpInput left = new(pair.Left, OpInput.Any);
        OpInput right = new(pair.Right, OpInput.Any);
        return
        [
            new("MatMulOp.MatMul", [left, right], x => x[0].MatMul(x[1])),
            new("MatMulOp.MatMul", [left, right with { WantsGradient = false }], x => x[0].MatMul(x[1])) { Detail = "frozen right" },
            new("MatMulOp.MatMul", [left with { WantsGradient = false }, right], x => x[0].MatMul(x[1])) { Detail = "frozen left" },
        ];
    }

    private static IEnumerable<OpCase> OfTables((Shape Table, Shape Indices) pair)
    {
        OpInput table = new(pair.Table, OpInput.Any);
        OpInput indices = OpInput.Indices(pair.Indices, (int)pair.Table[0]);
        return
        [
            new("EmbeddingOp.Embedding", [table, indices], x => x[0].Embedding(x[1])),
            new("EmbeddingOp.Embedding", [table, indices], x => x[0].Embedding(x[1], paddingIndex: 0)) { Detail = "padding", IsSmooth = false },
            new("EmbeddingOp.Embedding", [table with { Type = DType.F32 }, indices], x => x[0].Embedding(x[1], DType.BF16)) { Detail = "F32 to BF16", IsSmooth = false },
        ];
    }

    private static IEnumerable<OpCase> Convolutions()
    {
        (Shape X, long Width)[] cases = [([2, 3, 5], 4), ([1, 1, 1], 1), ([1, 2, 2], 4), ([2, 3, 0], 3), ([0, 2, 3], 2), ([1, 17, 9], 3)];
        return cases.SelectMany(item => (OpCase[])
        [
            new(
                "CausalConv1dOp.CausalDepthwiseConv1d",
                [new(item.X, OpInput.Any), new([item.X[1], 1, item.Width], OpInput.Any), new([item.X[1]], OpInput.Any)],
                x => x[0].CausalDepthwiseConv1d(x[1], x[2])),
            new("CausalConv1dOp.CausalDepthwiseConv1d", [new(item.X, OpInput.Any), new([item.X[1], 1, item.Width], OpInput.Any)], x => x[0].CausalDepthwiseConv1d(x[1], null))
            {
                Detail = "no bias",
            },
        ]);
    }

    private static IEnumerable<OpCase> Rotations()
    {
        const int Positions = 9;
        (Shape X, long Pairs)[] cases = [([5, 2, 8], 4), ([3, 1, 7], 2), ([4, 3, 34], 16), ([4, 3, 64], 32), ([1, 1, 2], 1), ([0, 2, 8], 4), ([3, 0, 8], 4)];
        return cases.SelectMany(item => (bool[])[false, true], (item, interleaved) =>
        {
            OpInput table = new([Positions, item.Pairs], OpInput.Any) { Type = DType.F32, WantsGradient = false };
            return new OpCase(
                "RopeOp.Rope",
                [new(item.X, OpInput.Any), table, table, OpInput.Indices([item.X[0]], Positions)],
                x => x[0].Rope(x[1], x[2], x[3], interleaved))
            {
                Detail = interleaved ? "interleaved" : "halves",
            };
        });
    }
}
