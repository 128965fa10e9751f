using Attune.Formats;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;

namespace Attune.Models.Decoders;

/// <summary>The parts and names of weights that most families have taken over from Llama; a family says what it does otherwise.</summary>
internal sealed class LlamaStyle
{
    private readonly ModelConfig _source;
    private readonly WeightBuilder _weights;

    public LlamaStyle(ModelConfig source, DecoderConfig config, WeightBuilder weights)
    {
        _source = source;
        _weights = weights;
        Config = config;
        Norm = (at, name) => at.RmsNorm(name, config.HiddenSize, config.NormEpsilon);
        Activation = Activations.FromConfig(source, "hidden_act", "silu");
    }

    public DecoderConfig Config { get; }

    /// <summary>Makes a norm over the states.</summary>
    public Func<WeightBuilder, string, Norm> Norm { get; init; }

    public Activation Activation { get; init; }

    /// <summary>Name of the norm behind the last block.</summary>
    public string FinalNorm { get; init; } = "norm";

    /// <summary>Whether the output layer has a bias.</summary>
    public bool HeadBias { get; init; }

    /// <summary>The rotary embedding that the configuration describes.</summary>
    public RotaryEmbedding Rotary(bool interleaved = false, double theta = 10_000, double partial = 1) =>
        Models.Rotary.FromConfig(_source, _weights.Device, Config.HeadSize, interleaved, theta, partial);

    /// <summary>Attention with one layer for each of queries, keys and values.</summary>
    public AttentionParts Attention(WeightBuilder at, int layer, bool bias = false, bool outputBias = false) => Config.SeparateAttention(at, layer, "o_proj", bias, outputBias);

    /// <summary>The gated layer.</summary>
    public GatedMlp GatedMlp(WeightBuilder at, bool bias = false, int? width = null)
    {
        int inner = width ?? Config.IntermediateSize;
        return new GatedMlp(
            at.Path,
            at.Linear("gate_proj", Config.HiddenSize, inner, bias),
            at.Linear("up_proj", Config.HiddenSize, inner, bias),
            at.Linear("down_proj", inner, Config.HiddenSize, bias),
            Activation);
    }

    /// <summary>The two projections with an activation between them.</summary>
    public Mlp Mlp(WeightBuilder at, string up, string down, bool bias) =>
        new(at.Path, at.Linear(up, Config.HiddenSize, Config.IntermediateSize, bias), at.Linear(down, Config.IntermediateSize, Config.HiddenSize, bias), Activation);

    /// <summary>A block that normalises what its parts read.</summary>
    public SequentialBlock PreNormBlock(WeightBuilder at, AttentionParts attention, SubLayer feedForward, double scale = 1) => new(
        at,
        new Branch(Norm(at, "input_layernorm"), new SelfAttention(at.At("self_attn").Path, attention), Scale: scale),
        new Branch(Norm(at, "post_attention_layernorm"), feedForward, Scale: scale));

    /// <summary>The model over blocks that are made in order, each from its place in the weights and its index.</summary>
    public Decoder Build(Func<WeightBuilder, int, Block> block) => Build(block, static parts => parts);

    /// <summary>The model over blocks that are made in order, with what the family does otherwise.</summary>
    public Decoder Build(Func<WeightBuilder, int, Block> block, Func<DecoderParts, DecoderParts> refine)
    {
        WeightBuilder inner = _weights.At("model");
        Embedding embedding = inner.Embedding("embed_tokens", Config.VocabSize, Config.HiddenSize, Config.PaddingId);
        Block[] blocks = Config.Stack(inner.At("layers"), (at, layer) =>
        {
            // Old checkpoints carry a table that is computed from the configuration.
            at.Ignore("self_attn.rotary_emb.inv_freq");
            return block(at, layer);
        });
        return new Decoder(_weights, refine(new DecoderParts
        {
            Config = Config,
            Embedding = embedding,
            Blocks = blocks,
            FinalNorm = Norm(inner, FinalNorm),
            Head = _weights.Head("lm_head", embedding, Config.TiedEmbedding, HeadBias),
        }));
    }
}
