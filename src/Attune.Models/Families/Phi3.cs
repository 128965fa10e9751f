using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>Phi-3 and Phi-4 (Abdin et al. 2024): Llama with fused projections.</summary>
internal static class Phi3
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5);
        var llama = new LlamaStyle(config, c, weights);
        RotaryEmbedding rotary = llama.Rotary();
        int window = config.FindPositive("sliding_window") ?? 0;
        return llama.Build(
            (at, layer) =>
            {
                AttentionParts attention = c.BlockedAttention(at.At("self_attn"), layer, "qkv_proj", "o_proj", bias: false);
                return llama.PreNormBlock(
                    at, attention with { Rotary = rotary, Options = attention.Options with { Window = window } }, GatedMlp(llama, at.At("mlp")));
            },
            parts => parts with { LoraTargets = ["qkv_proj"] });
    }

    private static FusedGatedMlp GatedMlp(LlamaStyle llama, WeightBuilder at)
    {
        DecoderConfig c = llama.Config;
        return new FusedGatedMlp(
            at.Path,
            at.Linear("gate_up_proj", c.HiddenSize, 2 * c.IntermediateSize, bias: false),
            at.Linear("down_proj", c.IntermediateSize, c.HiddenSize, bias: false),
            llama.Activation);
    }
}
