using Attune.Data.Batching;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Training.Objectives;

/// <summary>Puts batches of data before models with a head.</summary>
internal static class BatchPass
{
    /// <summary>A run over a batch; its tensors belong to the current scope.</summary>
    public static ForwardPass Of(Device device, Batch batch, bool recompute) => new(TokensOf(device, batch, batch.InputIds)) { Recompute = recompute };

    /// <summary>The batch with other ids in its places.</summary>
    public static TokenBatch TokensOf(Device device, Batch batch, ReadOnlySpan<int> inputIds) =>
        TokenBatch.Create(device, inputIds, batch.PositionIds, batch.SequenceStarts) with
        {
            TokenTypes = batch.TokenTypes.IsEmpty ? null : device.From(batch.TokenTypes, [batch.Tokens]),
        };
}
