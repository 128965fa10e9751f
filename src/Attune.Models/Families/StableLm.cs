using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;

namespace Attune.Models.Families;

/// <summary>StableLM (Bellagente et al. 2024): Llama with layer norms and positions in a part of each head; attention and gated layer one after the other or in parallel.</summary>
internal static class StableLm
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5);
        var llama = new LlamaStyle(config, c, weights) { Norm = (at, name) => at.LayerNorm(name, c.HiddenSize, c.NormEpsilon) };
        RotaryEmbedding rotary = llama.Rotary(partial: 0.25);
        bool bias = config.GetBoolean("use_qkv_bias", false);
        bool norms = config.GetBoolean("qk_layernorm", false);
        bool parallel = config.GetBoolean("use_parallel_residual", false);
        return llama.Build((at, layer) =>
        {
            WeightBuilder inner = at.At("self_attn");
            AttentionParts attention = llama.Attention(inner, layer, bias) with
            {
                Rotary = rotary,
                QueryNorm = norms ? HeadNorm(inner.At("q_layernorm"), c, c.Heads) : null,
                KeyNorm = norms ? HeadNorm(inner.At("k_layernorm"), c, c.KvHeads) : null,
            };
            return parallel
                ? new ParallelBlock(at.Path, llama.Norm(at, "input_layernorm"), new SelfAttention(inner.Path, attention), null, llama.GatedMlp(at.At("mlp")))
                : llama.PreNormBlock(at, attention, llama.GatedMlp(at.At("mlp")));
        });
    }

    private static HeadNorm HeadNorm(WeightBuilder at, DecoderConfig c, int heads) => new(
        at.Path, c.HeadSize, [.. Enumerable.Range(0, heads).Select(head => at.At("norms").Vector($"{head}.weight", c.HeadSize))], c.NormEpsilon, at.Options.Compute);
}
