using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>GPT-2 (Radford et al. 2019): learned positions, layer norms, fused projections whose weights are held as [in, out].</summary>
internal static class Gpt2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true, padding: false);
        Activation activation = Activations.FromConfig(config, "activation_function", "gelu_new");
        return Build(c, weights, (at, layer) => new SequentialBlock(
            at,
            new Branch(at.LayerNorm("ln_1", c.HiddenSize, c.NormEpsilon), new SelfAttention(at.At("attn").Path, Attention(config, c, at.At("attn"), layer))),
            new Branch(at.LayerNorm("ln_2", c.HiddenSize, c.NormEpsilon), c.Mlp(at.At("mlp"), "c_fc", "c_proj", bias: true, activation, inputMajor: true))));
    }

    /// <summary>The model over GPT-2's embedding, with its names.</summary>
    public static Decoder Build(DecoderConfig c, WeightBuilder weights, Func<WeightBuilder, int, Block> block, IReadOnlyList<string>? loraTargets = null)
    {
        WeightBuilder inner = weights.AtOptional("transformer");
        Embedding embedding = inner.Embedding("wte", c.VocabSize, c.HiddenSize);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            Positions = inner.Embedding("wpe", c.MaxPositions, c.HiddenSize),
            Blocks = c.Stack(inner.At("h"), (at, layer) =>
            {
                // Old checkpoints carry the causal mask.
                at.Ignore("attn.bias");
                at.Ignore("attn.masked_bias");
                return block(at, layer);
            }),
            FinalNorm = inner.LayerNorm("ln_f", c.HiddenSize, c.NormEpsilon),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding),
            LoraTargets = loraTargets ?? ["c_attn"],
        });
    }

    /// <summary>The factor of scores that GPT-2's configurations describe.</summary>
    public static double Scale(ModelConfig config, DecoderConfig c, int layer)
    {
        double scale = config.GetBoolean("scale_attn_weights", true) ? 1 / Math.Sqrt(c.HeadSize) : 1;
        return config.GetBoolean("scale_attn_by_inverse_layer_idx", false) ? scale / (layer + 1) : scale;
    }

    private static AttentionParts Attention(ModelConfig config, DecoderConfig c, WeightBuilder at, int layer)
    {
        AttentionParts attention = c.BlockedAttention(at, layer, "c_attn", "c_proj", bias: true, inputMajor: true);
        return attention with { Options = attention.Options with { Scale = Scale(config, c, layer) } };
    }
}
