namespace Attune.Nn.Positions;

/// <summary>Relative position buckets of DeBERTa v2 and v3 (He et al. 2021): small distances stay, larger ones are logarithmic.</summary>
public static class DebertaRelativeBuckets
{
    /// <summary>The signed bucket of a distance; with no more than half of the buckets it is the distance itself.</summary>
    /// <param name="relativePosition">Position of the query minus that of the key.</param>
    /// <param name="buckets">Number of buckets (<c>position_buckets</c>), at least 2.</param>
    /// <param name="maxPosition">Longest distance (<c>max_relative_positions</c>); above half of the buckets plus 1.</param>
    public static int Bucket(int relativePosition, int buckets, int maxPosition)
    {
        int middle = buckets / 2;
        double distance = Math.Abs((double)relativePosition);
        if (distance <= middle)
        {
            return relativePosition;
        }

        double bucket = Math.Ceiling(Math.Log(distance / middle) / Math.Log((maxPosition - 1.0) / middle) * (middle - 1)) + middle;
        return Math.Sign(relativePosition) * (int)bucket;
    }
}
