using Attune.Tensors;

namespace Attune.Nn.Positions;

/// <summary>What attention adds to its scores by the distance of key and query, from tables with a row for each bucket of distances.</summary>
/// <remarks>score(i, j) = scale (q_i k_j + q_i F[r] + k_j G[r]) + b[r] with r the row of the distance j - i, for each head.</remarks>
/// <param name="Row">The row of a distance: position of the key minus that of the query.</param>
public sealed record DistanceTerms(Func<int, int> Row)
{
    /// <summary>b, F32 [R, H]; null for none.</summary>
    public Tensor? Bias { get; init; }

    /// <summary>F, F32 [R, H D]: what queries say of distances; null for none.</summary>
    public Tensor? ForQueries { get; init; }

    /// <summary>G, F32 [R, H D]: what keys say of distances; null for none.</summary>
    public Tensor? ForKeys { get; init; }
}
