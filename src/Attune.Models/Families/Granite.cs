using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>Granite (IBM 2024): Llama with factors of embeddings, scores, branches and logits.</summary>
internal static class Granite
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config), weights);
        RotaryEmbedding rotary = llama.Rotary();
        bool attentionBias = config.GetBoolean("attention_bias", false);
        bool mlpBias = config.GetBoolean("mlp_bias", false);
        double scores = config.GetDouble("attention_multiplier", 1);
        double branches = config.GetDouble("residual_multiplier", 1);
        return llama.Build(
            (at, layer) =>
            {
                AttentionParts attention = llama.Attention(at.At("self_attn"), layer, attentionBias, attentionBias);
                return llama.PreNormBlock(
                    at, attention with { Rotary = rotary, Options = attention.Options with { Scale = scores } }, llama.GatedMlp(at.At("mlp"), mlpBias), branches);
            },
            parts => parts with
            {
                EmbeddingScale = config.GetDouble("embedding_multiplier", 1),
                LogitTransform = new LogitTransform(1 / config.GetDouble("logits_scaling", 1)),
            });
    }
}
