using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>Qwen1.5-MoE and Qwen2-MoE (Yang et al. 2024): Qwen2 with mixtures of experts, beside which one layer with a gate serves all tokens.</summary>
internal static class Qwen2Moe
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config), weights);
        RotaryEmbedding rotary = llama.Rotary();

        // Unlike Qwen2, every other layer below max_window_layers.
        bool used = Qwen2.UsesWindows(config);
        int end = Qwen2.MaxWindowLayers(config);
        int[] windows = SlidingWindows.Read(config, llama.Config.Layers, layer => used && layer % 2 == 0 && layer < end);
        bool bias = config.GetBoolean("qkv_bias", true);
        return llama.Build((at, layer) =>
        {
            AttentionParts attention = llama.Attention(at.At("self_attn"), layer, bias);
            return llama.PreNormBlock(
                at,
                attention with { Rotary = rotary, Options = attention.Options with { Window = windows[layer] } },
                IsSparse(config, layer) ? Mixture(config, llama, at.At("mlp")) : llama.GatedMlp(at.At("mlp")));
        });
    }

    /// <summary>Whether a layer of a Qwen model has experts.</summary>
    public static bool IsSparse(ModelConfig config, int layer) =>
        (layer + 1) % config.GetPositive("decoder_sparse_step", 1) == 0 && !(config.FindInt32s("mlp_only_layers") ?? []).Contains(layer);

    private static MixtureOfExperts Mixture(ModelConfig config, LlamaStyle llama, WeightBuilder at)
    {
        int width = llama.Config.HiddenSize;
        (int experts, int topK) = ExpertLayouts.Counts(config, topK: 4);
        var options = new RouterOptions { TopK = topK, Normalise = config.GetBoolean("norm_topk_prob", false) };
        return new MixtureOfExperts(
            at.Path,
            ExpertLayouts.Router(at.At("gate"), experts, width, options),
            llama.Experts(at.At("experts"), experts, config.GetWidth("moe_intermediate_size", 1408)),
            llama.GatedMlp(at.At("shared_expert"), width: config.GetWidth("shared_expert_intermediate_size", 5632)),
            at.Linear("shared_expert_gate", width, 1, bias: false));
    }
}
