using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>Functions of one and two variables, choices, dropout.</summary>
internal static class ElementwiseCases
{
    private static readonly Shape[] Shapes = [[], [0], [1], [15], [16], [17], [3, 33], [2, 0, 3], [2, 3, 5]];

    private static readonly (Shape Left, Shape Right)[] Pairs =
    [
        ([], []), ([0], [0]), ([0], [1]), ([17], [17]), ([17], []), ([3, 16], [16]), ([3, 1], [1, 15]), ([1], [2, 3, 5]), ([2, 1, 5], [3, 1]), ([2, 3, 33], [2, 3, 33]), ([2, 3, 4, 5], [3, 1, 5]),
    ];

    public static IEnumerable<OpCase> All =>
    [
        .. Maps(),
        .. Zips(),
        .. Gated(),
        .. Shapes.Select(shape => new OpCase("AffineOp.Affine", [new(shape, OpInput.Any)], x => x[0].Affine(1.5)) { Detail = "scale" }),
        .. Shapes.Select(shape => new OpCase("AffineOp.Affine", [new(shape, OpInput.Any)], x => x[0].Affine(-0.5, 2)) { Detail = "scale and shift" }),
        .. Shapes.Select(shape => new OpCase("DropoutOp.Dropout", [new(shape, OpInput.AwayFromZero)], x => x[0].Dropout(0.3))),
        new("DropoutOp.Dropout", [new([5], OpInput.Any)], x => x[0].Dropout(0)) { Detail = "never" },
        .. Where(),
    ];

    private static IEnumerable<OpCase> Maps() =>
    [
        .. Map("Neg", OpInput.Any, x => x.Neg()),
        .. Map("Abs", OpInput.AwayFromZero, x => x.Abs()),
        .. Map("Exp", OpInput.Any, x => x.Exp()),
        .. Map("Log", OpInput.Positive, x => x.Log()),
        .. Map("Sqrt", OpInput.Positive, x => x.Sqrt()),
        .. Map("Rsqrt", OpInput.Positive, x => x.Rsqrt()),
        .. Map("Reciprocal", OpInput.Positive, x => x.Reciprocal()),
        .. Map("Square", OpInput.Any, x => x.Square()),
        .. Map("Sin", OpInput.Any, x => x.Sin()),
        .. Map("Cos", OpInput.Any, x => x.Cos()),
        .. Map("Tanh", OpInput.Any, x => x.Tanh()),
        .. Map("Sigmoid", OpInput.Any, x => x.Sigmoid()),
        .. Map("Relu", OpInput.AwayFromZero, x => x.Relu()),
        .. Map("Silu", OpInput.Any, x => x.Silu()),
        .. Map("Gelu", OpInput.Any, x => x.Gelu()),
        .. Map("GeluTanh", OpInput.Any, x => x.GeluTanh()),
        .. Map("QuickGelu", OpInput.Any, x => x.QuickGelu()),
        .. Map("Softplus", OpInput.Any, x => x.Softplus()),
        .. Map("Clip", OpInput.Quarters, x => x.Clip(1)),
        .. Far(),
        .. Shapes.Select(shape => new OpCase("SoftcapOp.Softcap", [new(shape, OpInput.Any)], x => x[0].Softcap(1.5))),
        .. Shapes.Select(shape => new OpCase("MishOp.Mish", [new(shape, OpInput.Any)], x => x[0].Mish())),
        .. Shapes.Select(shape => new OpCase("ReluSquaredOp.ReluSquared", [new(shape, OpInput.AwayFromZero)], x => x[0].ReluSquared())),
    ];

    private static IEnumerable<OpCase> Map(string name, Func<Random, double> values, Func<Tensor, Tensor> run) =>
        Shapes.Select(shape => new OpCase($"MapOp.{name}", [new(shape, values)], x => run(x[0])));

    /// <summary>Arguments where a careless formula overflows or loses everything.</summary>
    private static IEnumerable<OpCase> Far()
    {
        static double Wide(Random random) => random.Next(-64, 65) * 2;
        (string Name, Func<Tensor, Tensor> Run)[] maps =
        [
            ("Tanh", x => x.Tanh()), ("Sigmoid", x => x.Sigmoid()), ("Silu", x => x.Silu()), ("Gelu", x => x.Gelu()), ("GeluTanh", x => x.GeluTanh()),
            ("QuickGelu", x => x.QuickGelu()), ("Softplus", x => x.Softplus()), ("Sin", x => x.Sin()), ("Cos", x => x.Cos()), ("Relu", x => x.Relu()),
        ];
        return maps.Select(map => new OpCase($"MapOp.{map.Name}", [new([131], Wide)], x => map.Run(x[0])) { Detail = "far", IsSmooth = false });
    }

    private static IEnumerable<OpCase> Zips() => Pairs.SelectMany(pair => (OpCase[])
    [
        Zip("Add", pair, OpInput.Any, OpInput.Any, (x, y) => x.Add(y)),
        Zip("Sub", pair, OpInput.Any, OpInput.Any, (x, y) => x.Sub(y)),
        Zip("Mul", pair, OpInput.Any, OpInput.Any, (x, y) => x.Mul(y)),
        Zip("Div", pair, OpInput.Any, OpInput.Positive, (x, y) => x.Div(y)),
        Zip("Maximum", pair, OpInput.Halves, OpInput.Quarters, (x, y) => x.Maximum(y)),
        Zip("Minimum", pair, OpInput.Halves, OpInput.Quarters, (x, y) => x.Minimum(y)),
        Zip("EqualTo", pair, OpInput.Halves, OpInput.Halves, (x, y) => x.EqualTo(y)) with { HasGradient = false },
        Zip("Less", pair, OpInput.Halves, OpInput.Halves, (x, y) => x.Less(y)) with { HasGradient = false },
        Zip("LessOrEqual", pair, OpInput.Halves, OpInput.Halves, (x, y) => x.LessOrEqual(y)) with { HasGradient = false },
        new("ZipOp.EqualTo", [OpInput.Indices(pair.Left, 4), OpInput.Indices(pair.Right, 4)], x => x[0].EqualTo(x[1])) { Detail = "integers", HasGradient = false },
        Zip("Mul", pair, OpInput.Any, OpInput.Any, (x, y) => x.Mul(y)) with
        {
            Detail = "by a constant",
            Inputs = [new(pair.Left, OpInput.Any), new(pair.Right, OpInput.Any) { WantsGradient = false }],
        },
    ]);

    private static OpCase Zip(
        string name, (Shape Left, Shape Right) shapes, Func<Random, double> left, Func<Random, double> right, Func<Tensor, Tensor, Tensor> run) =>
        new($"ZipOp.{name}", [new(shapes.Left, left), new(shapes.Right, right)], x => run(x[0], x[1]));

    private static IEnumerable<OpCase> Gated() => Shapes.SelectMany(shape => (OpCase[])
    [
        new("SwiGluOp.SwiGlu", [new(shape, OpInput.Any), new(shape, OpInput.Any)], x => x[0].SwiGlu(x[1])),
        new("SwiGluOp.SwiGlu", [new(shape, OpInput.Any) { WantsGradient = false }, new(shape, OpInput.Any)], x => x[0].SwiGlu(x[1])) { Detail = "up only" },
        new("SwiGluOp.SwiGlu", [new(shape, OpInput.Any), new(shape, OpInput.Any) { WantsGradient = false }], x => x[0].SwiGlu(x[1])) { Detail = "gate only" },
        new("GeGluOp.GeGlu", [new(shape, OpInput.Any), new(shape, OpInput.Any)], x => x[0].GeGlu(x[1])),
        new("GeGluOp.GeGluTanh", [new(shape, OpInput.Any), new(shape, OpInput.Any)], x => x[0].GeGluTanh(x[1])),
    ]);

    private static IEnumerable<OpCase> Where() => Pairs.SelectMany(pair => (OpCase[])
    [
        new("WhereOp.Where", [OpInput.Condition(Shape.Broadcast(pair.Left, pair.Right, "where")), new(pair.Left, OpInput.Any), new(pair.Right, OpInput.Any)], x => x[0].Where(x[1], x[2])),
        new("WhereOp.Where", [OpInput.Condition(pair.Left), new(pair.Right, OpInput.Any), new(pair.Right, OpInput.Any)], x => x[0].Where(x[1], x[2])) { Detail = "condition repeated" },
        new("WhereOp.Where", [OpInput.Condition(pair.Left), OpInput.Indices(pair.Right, 9), OpInput.Indices(pair.Right, 9)], x => x[0].Where(x[1], x[2])) { Detail = "integers", HasGradient = false },
    ]);
}
