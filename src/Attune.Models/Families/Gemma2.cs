using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;

namespace Attune.Models.Families;

/// <summary>Gemma 2 (Gemma Team 2024): Gemma with norms on both sides of each part, windows in every other layer, and limits of scores and logits.</summary>
internal static class Gemma2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        config = WithUsual(WithUsual(config, "attn_logit_softcapping", 50), "final_logit_softcapping", 30);
        LlamaStyle llama = Gemma.Style(config, weights);
        RotaryEmbedding rotary = llama.Rotary();
        int[] windows = SlidingWindows.Read(config, llama.Config.Layers, layer => layer % 2 == 0);
        return llama.Build(
            (at, layer) => Block(llama, at, Attention(config, llama, at.At("self_attn"), layer, windows[layer]) with { Rotary = rotary }),
            parts => Refine(config, parts));
    }

    /// <summary>Attention with the scale and the limit that Gemma 2 and 3 have.</summary>
    public static AttentionParts Attention(ModelConfig config, LlamaStyle llama, WeightBuilder at, int layer, int window)
    {
        bool bias = config.GetBoolean("attention_bias", false);
        AttentionParts attention = llama.Attention(at, layer, bias, bias);
        return attention with
        {
            Options = attention.Options with
            {
                Scale = 1 / Math.Sqrt(config.GetDouble("query_pre_attn_scalar", 256)),
                Softcap = config.FindDouble("attn_logit_softcapping") ?? 0,
                Window = window,
            },
        };
    }

    /// <summary>A block with norms on both sides of each part.</summary>
    public static Block Block(LlamaStyle llama, WeightBuilder at, AttentionParts attention) => new SequentialBlock(
        at,
        new Branch(llama.Norm(at, "input_layernorm"), new SelfAttention(at.At("self_attn").Path, attention), llama.Norm(at, "post_attention_layernorm")),
        new Branch(llama.Norm(at, "pre_feedforward_layernorm"), llama.GatedMlp(at.At("mlp")), llama.Norm(at, "post_feedforward_layernorm")));

    /// <summary>The scaled embedding and the limit of the logits.</summary>
    public static DecoderParts Refine(ModelConfig config, DecoderParts parts) => parts with
    {
        EmbeddingScale = Math.Sqrt(parts.Config.HiddenSize),
        LogitTransform = config.FindDouble("final_logit_softcapping") is { } cap ? new LogitTransform(1, cap) : null,
    };

    /// <summary>A limit that the family has unless it is set to null.</summary>
    private static ModelConfig WithUsual(ModelConfig config, string key, double limit) => config.Has(key) || config.IsNull(key) ? config : config.With(key, limit);
}
