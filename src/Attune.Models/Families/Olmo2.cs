using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;

namespace Attune.Models.Families;

/// <summary>OLMo 2 (OLMo Team 2024): Llama with norms behind each part instead of before it, and norms over all heads of queries and of keys.</summary>
internal static class Olmo2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config, epsilon: 1e-5), weights);
        RotaryEmbedding rotary = llama.Rotary();
        bool bias = config.GetBoolean("attention_bias", false);
        return llama.Build((at, layer) => new SequentialBlock(
            at,
            new Branch(null, Attention(llama, at.At("self_attn"), layer, bias, rotary), llama.Norm(at, "post_attention_layernorm")),
            new Branch(null, llama.GatedMlp(at.At("mlp")), llama.Norm(at, "post_feedforward_layernorm"))));
    }

    private static SelfAttention Attention(LlamaStyle llama, WeightBuilder at, int layer, bool bias, RotaryEmbedding rotary)
    {
        DecoderConfig c = llama.Config;
        return new SelfAttention(at.Path, llama.Attention(at, layer, bias, bias) with
        {
            Rotary = rotary,
            QueryNorm = at.RmsNorm("q_norm", c.Heads * c.HeadSize, c.NormEpsilon),
            KeyNorm = at.RmsNorm("k_norm", c.KvHeads * c.HeadSize, c.NormEpsilon),
        });
    }
}
