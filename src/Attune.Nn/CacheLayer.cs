namespace Attune.Nn;

/// <summary>What a layer keeps of every token that it has read.</summary>
/// <param name="KvHeads">Key-value heads: K.</param>
/// <param name="KeySize">Size of a key: D.</param>
/// <param name="ValueSize">Size of a value: E.</param>
public sealed record CacheLayer(int KvHeads, int KeySize, int ValueSize)
{
    /// <summary>Tokens that a query sees, itself included; older ones are let go. 0 for all.</summary>
    public int Window { get; init; }
}

/// <summary>A layer that keeps something of every token that it has read.</summary>
public interface ICachingLayer
{
    /// <summary>Its place in the cache.</summary>
    int Layer { get; }

    /// <summary>What it keeps.</summary>
    CacheLayer Cached { get; }
}
