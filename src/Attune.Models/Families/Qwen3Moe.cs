using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>Qwen3-MoE (Yang et al. 2025): Qwen3 with mixtures of experts.</summary>
internal static class Qwen3Moe
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config), weights);
        RotaryEmbedding rotary = llama.Rotary();

        // Where windows are used, all layers have one.
        bool used = Qwen2.UsesWindows(config);
        int[] windows = SlidingWindows.Read(config, llama.Config.Layers, _ => used);
        bool bias = config.GetBoolean("attention_bias", false);
        return llama.Build((at, layer) => llama.PreNormBlock(
            at,
            Qwen3.Attention(llama, at.At("self_attn"), layer, bias, rotary, windows[layer]),
            Qwen2Moe.IsSparse(config, layer) ? Mixture(config, llama, at.At("mlp")) : llama.GatedMlp(at.At("mlp"))));
    }

    private static MixtureOfExperts Mixture(ModelConfig config, LlamaStyle llama, WeightBuilder at)
    {
        (int experts, int topK) = ExpertLayouts.Counts(config, topK: 8);
        var options = new RouterOptions { TopK = topK, Normalise = config.GetBoolean("norm_topk_prob", false) };
        return new MixtureOfExperts(
            at.Path,
            ExpertLayouts.Router(at.At("gate"), experts, llama.Config.HiddenSize, options),
            llama.Experts(at.At("experts"), experts, config.GetWidth("moe_intermediate_size", 768)));
    }
}
