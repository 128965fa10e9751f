using Attune.Nn;
using Attune.Tensors;

namespace Attune.Models.Seq2Seq;

/// <summary>Attention of a decoder's tokens to the states of an encoder (Vaswani et al. 2017).</summary>
internal sealed class CrossAttention : SubLayer
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _output;
    private readonly int _heads;
    private readonly AttentionOptions _options;

    public CrossAttention(string name, Linear query, Linear key, Linear value, Linear output, int heads, double scale)
        : base(name)
    {
        _query = Add(query);
        _key = Add(key);
        _value = Add(value);
        _output = Add(output);
        _heads = heads;
        _options = new AttentionOptions(scale) { Causal = false };
    }

    /// <summary>Keys and values [M, H, D] of the encoder's states.</summary>
    public (Tensor Keys, Tensor Values) KeysAndValues(EncoderMemory memory) => (Heads(_key.Forward(memory.States)), Heads(_value.Forward(memory.States)));

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? residual, ForwardPass pass)
    {
        EncoderMemory memory = ((DecoderRun)pass.Shared!).Memory;
        (Tensor keys, Tensor values) = memory.Prepared.TryGetValue(this, out (Tensor, Tensor) prepared) ? prepared : KeysAndValues(memory);
        var layout = new AttentionLayout(pass.Tokens.Layout.QueryStarts, memory.Starts, memory.Lengths);
        Tensor y = Heads(_query.Forward(x)).Attention(keys, values, layout, _options);
        return _output.Forward(y.Reshape(-1, _output.InFeatures), residual);
    }

    private Tensor Heads(Tensor x) => x.Reshape(-1, _heads, x.Shape[1] / _heads);
}

/// <summary>What the blocks of a decoder share in a run.</summary>
/// <param name="Memory">The encoder's states.</param>
/// <param name="Bias">The bias of self-attention per distance; null for none.</param>
internal sealed record DecoderRun(EncoderMemory Memory, Nn.Positions.RelativeBias.Run? Bias = null);
