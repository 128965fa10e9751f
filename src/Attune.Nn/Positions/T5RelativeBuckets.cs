namespace Attune.Nn.Positions;

/// <summary>Relative position buckets of T5 (Raffel et al. 2020): small distances have their own, larger ones share logarithmically, the farthest the last.</summary>
public static class T5RelativeBuckets
{
    /// <summary>The bucket of a key seen from a query.</summary>
    /// <param name="relativePosition">Position of the key minus that of the query.</param>
    /// <param name="buckets">Number of buckets; a multiple of 4 (2 when causal), above 0.</param>
    /// <param name="maxDistance">Distance from which on all share the last bucket; above half of the buckets of a direction.</param>
    /// <param name="bidirectional">Whether keys behind the query have buckets of their own (an encoder); a decoder gives them bucket 0.</param>
    /// <returns>In [0, <paramref name="buckets"/>).</returns>
    public static int Bucket(int relativePosition, int buckets, int maxDistance, bool bidirectional)
    {
        int offset = 0;
        long distance = -(long)relativePosition;
        if (bidirectional)
        {
            buckets /= 2;
            offset = relativePosition > 0 ? buckets : 0;
            distance = Math.Abs(distance);
        }

        distance = Math.Max(distance, 0);
        int exact = buckets / 2;
        if (distance < exact)
        {
            return offset + (int)distance;
        }

        // The quotient is a whole number where distances are powers of each other; the rounding of the logarithms must not take it below.
        const double Rounding = 1e-9;
        double share = Math.Log((double)distance / exact) / Math.Log((double)maxDistance / exact);
        return offset + (int)Math.Min(buckets - 1, exact + Math.Floor((share * (buckets - exact)) + Rounding));
    }
}
