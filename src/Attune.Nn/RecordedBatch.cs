using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Nn;

/// <summary>
/// What models otherwise work out on the host, of the ids and borders of a batch. A run that is recorded as a graph has neither: its batch stands for all batches, so whoever records it answers instead.
/// </summary>
public abstract class RecordedBatch
{
    /// <summary>I32 [S]: the first token of each sequence.</summary>
    public abstract Tensor First { get; }

    /// <summary>I32 [S]: the last token of each sequence that is not padding.</summary>
    public abstract Tensor Last { get; }

    /// <summary>F32 [S, N]: one over the number of tokens of the sequence for its own tokens, else 0.</summary>
    public abstract Tensor Shares { get; }

    /// <summary>I32 [N count]: for each token the rows of the tokens at the offsets from <paramref name="first"/> on; N where the sequence has no such token.</summary>
    public abstract Tensor Neighbours(int first, int count);

    /// <summary>I32 [n]: the places in a column F32 [N, 1] that are not zero.</summary>
    public abstract Tensor NonZero(Tensor column);

    /// <summary>A selective scan over each sequence (Dao and Gu 2024): y_t = c_t s_t with s_t = e^(decay_t) s_(t-1) + b_t x_t^T for each head, [N, H, P].</summary>
    /// <param name="x">[N, H, P].</param>
    /// <param name="decay">[N, H].</param>
    /// <param name="b">[N, G, S]; head h uses group h / (H / G).</param>
    /// <param name="c">[N, G, S].</param>
    public abstract Tensor Scan(Tensor x, Tensor decay, Tensor b, Tensor c);

    /// <summary>Attention of every query to the keys of its own sequence with terms by distance, [N, H, D].</summary>
    public abstract Tensor Attention(Tensor q, Tensor k, Tensor v, in AttentionOptions options, DistanceTerms terms);
}
