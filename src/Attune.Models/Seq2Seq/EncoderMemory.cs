using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Seq2Seq;

/// <summary>What a decoder sees of the texts that an encoder has read.</summary>
/// <param name="States">The encoder's states [M, C].</param>
/// <param name="Starts">I32: for each sequence of the decoder the first row of its source; several may share one.</param>
/// <param name="Lengths">I32: how many rows the source has.</param>
public sealed record EncoderMemory(Tensor States, Tensor Starts, Tensor Lengths)
{
    /// <summary>Keys and values by layer, once they were made for all steps of a generation.</summary>
    internal Dictionary<CrossAttention, (Tensor Keys, Tensor Values)> Prepared { get; } = [];

    /// <summary>The memory of a batch whose sequences and the decoder's stand in the same order.</summary>
    public static EncoderMemory Of(Tensor states, TokenBatch source) => new(states, source.Layout.KeyStarts, source.Layout.KeyLengths);

    /// <summary>The same states for a decoder with other sequences.</summary>
    /// <param name="sources">For each sequence of the decoder the source that it reads.</param>
    public EncoderMemory Repeat(int[] sources)
    {
        int[] starts = Starts.ToInt32Array();
        int[] lengths = Lengths.ToInt32Array();
        Device device = States.Device;
        var memory = new EncoderMemory(
            States, device.From([.. sources.Select(s => starts[s])], [sources.Length]), device.From([.. sources.Select(s => lengths[s])], [sources.Length]));
        foreach ((CrossAttention layer, (Tensor, Tensor) pair) in Prepared)
        {
            memory.Prepared.Add(layer, pair);
        }

        return memory;
    }
}
