namespace Attune.Kernels.Jit;

/// <summary>What a matrix-product kernel fetches into the second-level cache while it multiplies.</summary>
public enum GemmFetch : byte
{
    /// <summary>The rows of its next tile, and its place in the result.</summary>
    Rows,

    /// <summary>Also what lies <see cref="GemmArguments.PrefetchDistance"/> ahead in B, for the tiles behind its last one.</summary>
    Panels,

    /// <summary>Also some lines of pieces that lie apart, from <see cref="GemmArguments.PrefetchFrom"/> on.</summary>
    Pieces,

    /// <summary>Nothing: operands and results are in the first caches, where asking for them takes a tenth of the time of a product of 64 steps.</summary>
    Nothing,
}
