using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;
using Attune.Nn.FeedForward;
using Attune.Nn.Positions;
using Attune.Tensors;

namespace Attune.Models.Families;

/// <summary>Falcon (Almazrouei et al. 2023) in its three layouts: the one of 40B and later, of 7B, and of the RefinedWeb models.</summary>
internal static class Falcon
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        bool grouped = config.GetBoolean("new_decoder_architecture", false);
        bool shared = !grouped && config.GetBoolean("multi_query", true);
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true, padding: false);
        c = c with { KvHeads = KvHeads(config, c, grouped, shared) };
        bool bias = config.GetBoolean("bias", false);
        Activation activation = Activations.FromConfig(config, "activation", "gelu");
        bool alibi = config.GetBoolean("alibi", false);
        RotaryEmbedding? rotary = alibi ? null : Rotary.FromConfig(config, weights.Device, c.HeadSize);

        // The biases are added to the scores before these are scaled, and once more, scaled, with the mask: the sum of both is what the reference computes.
        var options = new AttentionOptions(1 / Math.Sqrt(c.HeadSize))
        {
            AlibiSlopes = alibi ? DecoderLayouts.Slopes(weights.Device, [.. AlibiSlopes.Bloom(c.Heads).Select(slope => 2 * slope / MathF.Sqrt(c.HeadSize))]) : null,
        };
        WeightBuilder inner = weights.AtOptional("transformer");
        Embedding embedding = inner.Embedding("word_embeddings", c.VocabSize, c.HiddenSize);
        return new Decoder(weights, new DecoderParts
        {
            Config = c,
            Embedding = embedding,
            Blocks = c.Stack(inner.At("h"), (at, layer) =>
            {
                WeightBuilder place = at.At("self_attention");
                AttentionParts parts = shared
                    ? c.BlockedAttention(place, layer, "query_key_value", "dense", bias)
                    : c.GroupedAttention(place, layer, "query_key_value", "dense", bias);
                var attention = new SelfAttention(place.Path, parts with { Rotary = rotary, Options = options });
                return Block(config, c, at, attention, c.Mlp(at.At("mlp"), "dense_h_to_4h", "dense_4h_to_h", bias, activation));
            }),
            FinalNorm = inner.LayerNorm("ln_f", c.HiddenSize, c.NormEpsilon),
            Head = weights.Head("lm_head", embedding, c.TiedEmbedding),
            LoraTargets = ["query_key_value"],
        });
    }

    private static Block Block(ModelConfig config, DecoderConfig c, WeightBuilder at, SelfAttention attention, Mlp mlp)
    {
        LayerNorm Norm(string name) => at.LayerNorm(name, c.HiddenSize, c.NormEpsilon);
        bool grouped = config.GetBoolean("new_decoder_architecture", false);
        if (grouped && config.GetPositive("num_ln_in_parallel_attn", 2) == 2)
        {
            return new ParallelBlock(at.Path, Norm("ln_attn"), attention, Norm("ln_mlp"), mlp);
        }

        return grouped || config.GetBoolean("parallel_attn", true)
            ? new ParallelBlock(at.Path, Norm("input_layernorm"), attention, null, mlp)
            : new SequentialBlock(at, new Branch(Norm("input_layernorm"), attention), new Branch(Norm("post_attention_layernorm"), mlp));
    }

    private static int KvHeads(ModelConfig config, DecoderConfig c, bool grouped, bool shared)
    {
        if (!grouped)
        {
            return shared ? 1 : c.Heads;
        }

        string key = config.Present("num_kv_heads", "n_head_kv");
        int kvHeads = config.GetPositive(key, c.Heads);
        return c.Heads % kvHeads == 0 ? kvHeads : throw config.Wrong(key, $"a divisor of the {c.Heads} heads");
    }
}
