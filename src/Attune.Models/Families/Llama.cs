using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>Llama (Touvron et al. 2023): pre-normalised blocks of grouped-query attention with rotary positions and a gated layer with SiLU.</summary>
internal static class Llama
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config), weights);
        RotaryEmbedding rotary = llama.Rotary();
        bool attentionBias = config.GetBoolean("attention_bias", false);
        bool mlpBias = config.GetBoolean("mlp_bias", false);
        return llama.Build((at, layer) => llama.PreNormBlock(
            at,
            llama.Attention(at.At("self_attn"), layer, attentionBias, attentionBias) with { Rotary = rotary },
            llama.GatedMlp(at.At("mlp"), mlpBias)));
    }
}
