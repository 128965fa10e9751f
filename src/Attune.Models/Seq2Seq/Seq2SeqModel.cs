using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Seq2Seq;

/// <summary>A model that reads a text and writes another one, token by token.</summary>
public abstract class Seq2SeqModel : Network
{
    /// <summary>The label of a token that does not count.</summary>
    public const int Ignored = -100;

    /// <summary>Makes the root of a model.</summary>
    protected Seq2SeqModel(Device device, DType compute)
        : base(device, compute)
    {
    }

    /// <summary>Number of token ids V.</summary>
    public abstract int VocabSize { get; }

    /// <summary>The longest text on either side, in tokens; <see cref="int.MaxValue"/> when nothing bounds it.</summary>
    public abstract int ContextTokens { get; }

    /// <summary>The output layer [V, C].</summary>
    public abstract Linear Head { get; }

    /// <inheritdoc/>
    public override Linear? OutputLayer => Head;

    /// <summary>The id that a decoder starts from; null when it is the last of each text (mBART: its language).</summary>
    public abstract int? DecoderStartId { get; }

    /// <summary>The encoder's states [M, C] of the texts of a batch.</summary>
    public abstract Tensor Encode(in ForwardPass pass);

    /// <summary>The states [N, C] that the output layer reads, for the decoder's tokens.</summary>
    /// <param name="pass">The decoder's tokens, with a cache when they continue earlier ones.</param>
    /// <param name="memory">What the encoder made of the texts.</param>
    public abstract Tensor Decode(in ForwardPass pass, EncoderMemory memory);

    /// <summary>Makes an empty cache for generation.</summary>
    public abstract KvCache CreateCache(int sequences, int capacity);

    /// <summary>Logits F32 [N, V] of states [N, C] that <see cref="Decode"/> gave.</summary>
    public Tensor Logits(Tensor hidden) => Head.Forward(hidden).Cast(DType.F32);

    /// <summary>The memory for a generation: keys and values are made once; they live as long as the current scope.</summary>
    public EncoderMemory Remember(in ForwardPass source)
    {
        EncoderMemory memory = EncoderMemory.Of(Encode(source), source.Tokens);
        Prepare(memory);
        return memory;
    }

    /// <summary>Makes keys and values [M, H, D] of the encoder's states once for all passes of the decoder, and gives them in the order of its layers.</summary>
    public IReadOnlyList<(Tensor Keys, Tensor Values)> Prepare(EncoderMemory memory) =>
        [.. Modules().OfType<CrossAttention>().Select(layer => memory.Prepared[layer] = layer.KeysAndValues(memory))];

    /// <summary>Gives a memory keys and values that were made earlier, in the order of the decoder's layers.</summary>
    public void Prepare(EncoderMemory memory, IReadOnlyList<(Tensor Keys, Tensor Values)> made)
    {
        foreach ((CrossAttention layer, (Tensor Keys, Tensor Values) pair) in Modules().OfType<CrossAttention>().Zip(made))
        {
            memory.Prepared[layer] = pair;
        }
    }

    /// <summary>What the decoder reads while it is to write a text: the text moved back by one place behind the start.</summary>
    public int[] DecoderInputs(ReadOnlySpan<int> text)
    {
        var inputs = new int[text.Length];
        if (inputs.Length > 0)
        {
            text[..^1].CopyTo(inputs.AsSpan(1));
            inputs[0] = DecoderStartId ?? text[^1];
        }

        return inputs;
    }

    /// <summary>The sum of the cross entropies of the tokens with a label, and their number.</summary>
    /// <param name="source">The texts to read.</param>
    /// <param name="target">The decoder's tokens, in sequences in the order of the texts.</param>
    /// <param name="labels">[N]: what follows each of the decoder's tokens, or <see cref="Ignored"/>; not shifted.</param>
    /// <exception cref="TensorException">No token has a label, or one is not in the vocabulary.</exception>
    public (Tensor Sum, int Targets) SumLosses(in ForwardPass source, in ForwardPass target, ReadOnlySpan<int> labels)
    {
        (int[] rows, int[] targets) = Heads.Targets.Of(labels, VocabSize, "sequence to sequence");
        Tensor hidden = Decode(target, EncoderMemory.Of(Encode(source), source.Tokens));
        Tensor chosen = hidden.Embedding(Device.From(rows, [rows.Length]));
        return (LinearCrossEntropy.Sum(chosen, Head, Device.From(targets, [targets.Length])), targets.Length);
    }
}
