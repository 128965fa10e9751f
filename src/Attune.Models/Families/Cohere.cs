using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;

namespace Attune.Models.Families;

/// <summary>Command R (Cohere 2024): attention and gated layer in parallel from one layer norm without a shift, positions of neighbouring pairs, scaled logits.</summary>
internal static class Cohere
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        LlamaStyle llama = Style(config, weights);
        DecoderConfig c = llama.Config;
        RotaryEmbedding rotary = llama.Rotary(interleaved: true);
        bool bias = config.GetBoolean("attention_bias", false);
        bool norms = config.GetBoolean("use_qk_norm", false);
        return llama.Build(
            (at, layer) =>
            {
                WeightBuilder inner = at.At("self_attn");
                return Block(llama, at, llama.Attention(inner, layer, bias, bias) with
                {
                    Rotary = rotary,
                    QueryNorm = norms ? HeadNorm(inner, "q_norm", c, c.Heads) : null,
                    KeyNorm = norms ? HeadNorm(inner, "k_norm", c, c.KvHeads) : null,
                });
            },
            parts => parts with { LogitTransform = Logits(config) });
    }

    /// <summary>What all Command models have in common.</summary>
    public static LlamaStyle Style(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true);
        return new LlamaStyle(config, c, weights) { Norm = (at, name) => at.LayerNorm(name, c.HiddenSize, c.NormEpsilon, bias: false) };
    }

    /// <summary>Attention and gated layer in parallel.</summary>
    public static Block Block(LlamaStyle llama, WeightBuilder at, AttentionParts attention) =>
        new ParallelBlock(at.Path, llama.Norm(at, "input_layernorm"), new SelfAttention(at.At("self_attn").Path, attention), null, llama.GatedMlp(at.At("mlp")));

    /// <summary>The factor of the logits.</summary>
    public static LogitTransform Logits(ModelConfig config) => new(config.GetDouble("logit_scale", 0.0625));

    private static HeadNorm HeadNorm(WeightBuilder at, string name, DecoderConfig c, int heads) =>
        new(at.At(name).Path, c.HeadSize, [at.Array($"{name}.weight", [heads, c.HeadSize])], c.NormEpsilon, at.Options.Compute);
}
