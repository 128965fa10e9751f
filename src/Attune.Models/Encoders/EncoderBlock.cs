using Attune.Nn;
using Attune.Nn.Blocks;
using Attune.Tensors;

namespace Attune.Models.Encoders;

/// <summary>What a family calls the parts of its block.</summary>
internal sealed record EncoderBlockNames(
    string Query, string Key, string Value, string AttentionOutput, string AttentionNorm, string Inner, string Output, string OutputNorm)
{
    /// <summary>BERT's names.</summary>
    public static EncoderBlockNames Bert { get; } = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");
}

/// <summary>How the states of a block's tokens are mixed: from queries, keys and values [N, H, D] to [N, H, D].</summary>
internal delegate Tensor Mixer(Tensor q, Tensor k, Tensor v, in ForwardPass pass);

/// <summary>The encoder block of Vaswani et al. (2017): attention and an inner layer, each added to its input and then normalised.</summary>
internal sealed class EncoderBlock : Block
{
    private readonly EncoderConfig _config;
    private readonly Mixer _mixer;
    private readonly Norm _attentionNorm;
    private readonly Linear _attentionOutput;
    private readonly Linear _inner;
    private readonly Linear _output;
    private readonly Norm _outputNorm;

    /// <summary>Makes a block.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="weights">The block's place.</param>
    /// <param name="names">What its parts are called.</param>
    /// <param name="mixer">How the tokens are mixed; null for plain attention in both directions.</param>
    public EncoderBlock(EncoderConfig config, WeightBuilder weights, EncoderBlockNames names, Mixer? mixer = null)
        : base(weights.Path)
    {
        _config = config;
        int size = config.HiddenSize;
        Query = Add(weights.Linear(names.Query, size, size, bias: true));
        Key = Add(weights.Linear(names.Key, size, size, bias: true));
        Value = Add(weights.Linear(names.Value, size, size, bias: true));
        _attentionOutput = Add(weights.Linear(names.AttentionOutput, size, size, bias: true));
        _attentionNorm = Add(weights.LayerNorm(names.AttentionNorm, size, config.NormEpsilon));
        _inner = Add(weights.Linear(names.Inner, size, config.IntermediateSize, bias: true));
        _output = Add(weights.Linear(names.Output, config.IntermediateSize, size, bias: true));
        _outputNorm = Add(weights.LayerNorm(names.OutputNorm, size, config.NormEpsilon));
        var options = new AttentionOptions(1 / Math.Sqrt(config.HeadSize)) { Causal = false };
        _mixer = mixer ?? ((Tensor q, Tensor k, Tensor v, in ForwardPass pass) => q.Attention(k, v, pass.Tokens.Layout, options));
    }

    public Linear Query { get; }

    public Linear Key { get; }

    public Linear Value { get; }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor h, ForwardPass pass)
    {
        Tensor y = _mixer(Heads(Query, h), Heads(Key, h), Heads(Value, h), pass);

        // Sums are single precision whatever the products are made in; the norm rounds again.
        Tensor x = _attentionNorm.Forward(_attentionOutput.Forward(y.Reshape(-1, _config.HiddenSize), h.Cast(DType.F32)));
        return _outputNorm.Forward(_output.Forward(_config.Activation.Apply(_inner.Forward(x)), x.Cast(DType.F32)));
    }

    private Tensor Heads(Linear layer, Tensor h) => layer.Forward(h).Reshape(-1, _config.Heads, _config.HeadSize);
}
