using Attune.Tensors;

namespace Attune.Testing.Conformance;

/// <summary>One way of calling an operation.</summary>
/// <param name="Covers">The method, such as <c>MapOp.Neg</c>.</param>
/// <param name="Inputs">What it reads.</param>
/// <param name="Run">Calls it.</param>
public sealed record OpCase(string Covers, OpInput[] Inputs, Func<Tensor[], Tensor> Run)
{
    /// <summary>What is special about the case.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>Whether the result has a gradient.</summary>
    public bool HasGradient { get; init; } = true;

    /// <summary>Whether the result is smooth and precise enough to be compared with finite differences.</summary>
    public bool IsSmooth { get; init; } = true;

    /// <summary>Largest difference between backends in F32, relative to the largest value (at least 1).</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>The same in BF16, whose unit in the last place is 2^-8.</summary>
    public double BFloat16Tolerance { get; init; } = 0.02;

    /// <summary>The shapes of the inputs, for messages.</summary>
    public override string ToString() => $"{Covers} {Detail} {string.Join(" ", Inputs.Select(input => input.Shape))}";
}
