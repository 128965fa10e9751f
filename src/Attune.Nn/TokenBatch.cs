using Attune.Tensors;

namespace Attune.Nn;

/// <summary>A flat batch of token sequences on a device; no padding exists.</summary>
/// <param name="InputIds">I32 [N].</param>
/// <param name="Positions">I32 [N]: place of each token in its sequence.</param>
/// <param name="Layout">Where the sequences lie.</param>
/// <param name="MaxPosition">The largest position.</param>
public readonly record struct TokenBatch(Tensor InputIds, Tensor Positions, AttentionLayout Layout, int MaxPosition)
{
    /// <summary>I32 [N]: which part of a pair each token belongs to; null when all are of the first.</summary>
    public Tensor? TokenTypes { get; init; }

    /// <summary>What the host cannot work out of ids and borders because the run is recorded; null: it works it out.</summary>
    public RecordedBatch? Recorded { get; init; }

    /// <summary>Number of tokens N.</summary>
    public int Tokens => (int)InputIds.Count;

    /// <summary>Number of sequences S.</summary>
    public int Sequences => (int)Layout.KeyStarts.Count;

    /// <summary>Puts a batch of whole sequences on a device; its tensors belong to the current scope.</summary>
    /// <param name="device">The device.</param>
    /// <param name="inputIds">[N].</param>
    /// <param name="positions">[N].</param>
    /// <param name="sequenceStarts">[S + 1] from 0 to N.</param>
    public static TokenBatch Create(Device device, ReadOnlySpan<int> inputIds, ReadOnlySpan<int> positions, ReadOnlySpan<int> sequenceStarts)
    {
        int sequences = sequenceStarts.Length - 1;
        if (positions.Length != inputIds.Length || sequences < 0 || sequenceStarts[^1] != inputIds.Length)
        {
            throw new TensorException($"token batch: {inputIds.Length} ids, {positions.Length} positions and borders up to {(sequences < 0 ? 0 : sequenceStarts[^1])} do not fit together");
        }

        int maxPosition = 0;
        foreach (int position in positions)
        {
            maxPosition = Math.Max(maxPosition, position);
        }

        Tensor starts = device.From(sequenceStarts, [sequenceStarts.Length]);
        Tensor ends = starts.Narrow(0, 1, sequences);
        Tensor begins = starts.Narrow(0, 0, sequences);
        return new TokenBatch(
            device.From(inputIds, [inputIds.Length]),
            device.From(positions, [positions.Length]),
            new AttentionLayout(starts, begins, ends.Sub(begins)),
            maxPosition);
    }
}
