using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>One tensor that an operation reads.</summary>
/// <param name="Shape">Its extents.</param>
/// <param name="Values">Makes its elements. Values are multiples of 1/64 below 4, so that bf16 holds them exactly.</param>
public sealed record OpInput(Shape Shape, Func<Random, double> Values)
{
    /// <summary>Element type; null for the one that the case is run with.</summary>
    public DType? Type { get; init; }

    /// <summary>Whether its gradient is compared; only for floats.</summary>
    public bool WantsGradient { get; init; } = true;

    /// <summary>Multiples of 1/64 in [-2, 2].</summary>
    public static double Any(Random random) => random.Next(-128, 129) / 64.0;

    /// <summary>Multiples of 1/64 in [0.5, 2.5].</summary>
    public static double Positive(Random random) => random.Next(32, 161) / 64.0;

    /// <summary>Multiples of 1/64 in [-2, -0.25] and [0.25, 2].</summary>
    public static double AwayFromZero(Random random) => (random.Next(2) == 0 ? -1 : 1) * random.Next(16, 129) / 64.0;

    /// <summary>Multiples of 1/2 in [-2, 2].</summary>
    public static double Halves(Random random) => random.Next(-4, 5) / 2.0;

    /// <summary>Odd multiples of 1/4 in [-2, 2], never next to one of <see cref="Halves"/>.</summary>
    public static double Quarters(Random random) => (random.Next(-4, 4) / 2.0) + 0.25;

    /// <summary>Whole numbers below a bound.</summary>
    public static Func<Random, double> Below(int bound) => random => random.Next(bound);

    /// <summary>Indices below a bound.</summary>
    public static OpInput Indices(Shape shape, int bound) => new(shape, Below(bound)) { Type = DType.I32, WantsGradient = false };

    /// <summary>Conditions.</summary>
    public static OpInput Condition(Shape shape) => new(shape, Below(2)) { Type = DType.Bool, WantsGradient = false };
}
