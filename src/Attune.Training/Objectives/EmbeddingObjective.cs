using Attune.Data.Batching;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>
/// Vectors of texts: the cosine of each pair as <see cref="Batch.Targets"/> says, or, for pairs without a number, each text nearer to its own partner (<see cref="Batch.OutputIds"/>) than to those of the
/// other rows of the batch and to all texts of <see cref="Batch.NegativeIds"/>.
/// </summary>
/// <param name="model">The model, with its adapter if it has one.</param>
public sealed class EmbeddingObjective(SentenceEmbeddingModel model) : IObjective
{
    /// <summary>The key users write.</summary>
    public const string Name = "embed";

    /// <summary>Factor of the cosines before the softmax over the partners, as sentence-transformers has it.</summary>
    private const double Scale = 20;

    /// <inheritdoc/>
    public string Key => Name;

    /// <inheritdoc/>
    public Device Device => model.Device;

    /// <summary>The sum over the rows of the cross entropies of finding each text's partner among all of the batch (multiple negatives ranking, Henderson et al. 2017).</summary>
    /// <param name="texts">[S, C].</param>
    /// <param name="candidates">[S + K, C]: the texts' partners in order, and behind them texts that are nobody's.</param>
    public static Tensor SumRankingLosses(Tensor texts, Tensor candidates)
    {
        int[] own = [.. Enumerable.Range(0, (int)texts.Shape[0])];
        Tensor cosines = SentenceEmbeddingModel.Normalize(texts).MatMul(SentenceEmbeddingModel.Normalize(candidates).Transpose());
        return cosines.Affine(Scale).CrossEntropy(texts.Device.From(own, [own.Length])).Sum();
    }

    /// <summary>The sum over the rows of the squared errors of the cosines.</summary>
    /// <param name="texts">[S, C].</param>
    /// <param name="partners">[S, C].</param>
    /// <param name="scores">[S]: what the cosines should be.</param>
    public static Tensor SumCosineLosses(Tensor texts, Tensor partners, Tensor scores) => texts.CosineSimilarity(partners).Sub(scores).Square().Sum();

    /// <inheritdoc/>
    public long CountTargets(Batch batch) => batch.Sequences;

    /// <inheritdoc/>
    /// <exception cref="TensorException">A row has no partner, or only some of the rows have a number.</exception>
    public Tensor SumLosses(Batch batch, bool recompute)
    {
        int rows = batch.Sequences;
        int[] starts = [.. batch.SequenceStarts, .. Behind(batch.OutputStarts, batch.Tokens), .. Behind(batch.NegativeStarts, batch.Tokens + batch.OutputIds.Length)];
        if (batch.Targets.Length is var targets && targets != 0 && targets != rows)
        {
            throw new TensorException($"embedding: expected a number for each of {rows} rows or for none, found {targets}");
        }

        int[] positions = new int[starts[^1]];
        for (int s = 0; s + 1 < starts.Length; s++)
        {
            if (starts[s + 1] == starts[s])
            {
                throw new TensorException("embedding: a row has no second text");
            }

            for (int i = starts[s]; i < starts[s + 1]; i++)
            {
                positions[i] = i - starts[s];
            }
        }

        // All texts in one run: the weights are read once.
        var tokens = TokenBatch.Create(Device, [.. batch.InputIds, .. batch.OutputIds, .. batch.NegativeIds], positions, starts);
        Tensor vectors = model.Logits(new ForwardPass(tokens) { Recompute = recompute });
        Tensor texts = vectors.Narrow(0, 0, rows);
        return batch.Targets.IsEmpty
            ? SumRankingLosses(texts, vectors.Narrow(0, rows, rows + batch.Negatives))
            : SumCosineLosses(texts, vectors.Narrow(0, rows, rows), Device.From(batch.Targets, [rows]));
    }

    /// <summary>The borders but the first of texts that stand behind so many tokens.</summary>
    private static IEnumerable<int> Behind(ReadOnlySpan<int> starts, int tokens) => starts[1..].ToArray().Select(start => start + tokens);
}
