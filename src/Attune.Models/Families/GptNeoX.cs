using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>GPT-NeoX (Black et al. 2022) and Pythia: attention and feed-forward layer in parallel, each with a norm, and positions in a part of each head.</summary>
internal static class GptNeoX
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, padding: false);
        Activation activation = Activations.FromConfig(config, "hidden_act", "gelu");
        RotaryEmbedding rotary = Rotary.FromConfig(
            config, weights.Device, c.HeadSize, theta: config.GetDouble("rotary_emb_base", 10_000), partial: config.GetDouble("rotary_pct", 0.25));
        bool bias = config.GetBoolean("attention_bias", true);
        bool parallel = config.GetBoolean("use_parallel_residual", true);
        WeightBuilder inner = weights.AtOptional("gpt_neox");
        Embedding embedding = inner.Embedding("embed_in", c.VocabSize, c.HiddenSize);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            Blocks = c.Stack(inner.At("layers"), (at, layer) =>
            {
                IgnoreTables(at.At("attention"));
                AttentionParts parts = c.GroupedAttention(at.At("attention"), layer, "query_key_value", "dense", bias) with { Rotary = rotary };
                var attention = new SelfAttention(at.At("attention").Path, parts);
                LayerNorm first = at.LayerNorm("input_layernorm", c.HiddenSize, c.NormEpsilon);
                LayerNorm second = at.LayerNorm("post_attention_layernorm", c.HiddenSize, c.NormEpsilon);
                Mlp mlp = c.Mlp(at.At("mlp"), "dense_h_to_4h", "dense_4h_to_h", bias: true, activation);
                return parallel
                    ? new ParallelBlock(at.Path, first, attention, second, mlp)
                    : new SequentialBlock(at, new Branch(first, attention), new Branch(second, mlp));
            }),
            FinalNorm = inner.LayerNorm("final_layer_norm", c.HiddenSize, c.NormEpsilon),
            Head = weights.Head("embed_out", embedding, c.TiedEmbedding),
            LoraTargets = ["query_key_value"],
        });
    }

    /// <summary>Old checkpoints carry the causal mask and the frequencies.</summary>
    private static void IgnoreTables(WeightBuilder attention)
    {
        attention.Ignore("bias");
        attention.Ignore("masked_bias");
        attention.Ignore("rotary_emb.inv_freq");
    }
}
