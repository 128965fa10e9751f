using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>gpt-oss (OpenAI 2025): mixtures of experts with limits, attention with sinks, windows in every other layer.</summary>
internal static class GptOss
{
    /// <summary>The stretch of positions of files that name none (YaRN, 32 times 4,096).</summary>
    private const string UsualScaling =
        """{"rope_type": "yarn", "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": false, "original_max_position_embeddings": 4096}""";

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        config = config.Has("rope_scaling") || config.Has("rope_parameters") ? config : config.With("rope_scaling", JsonNode.Parse(UsualScaling));
        var llama = new LlamaStyle(config, DecoderConfig.Read(config, epsilon: 1e-5, headSize: 64), weights);
        RotaryEmbedding rotary = llama.Rotary(theta: 150_000);
        int[] windows = SlidingWindows.Read(config, llama.Config.Layers, layer => layer % 2 == 0);
        bool bias = config.GetBoolean("attention_bias", true);
        return llama.Build((at, layer) =>
        {
            WeightBuilder inner = at.At("self_attn");
            AttentionParts attention = llama.Attention(inner, layer, bias, bias);
            return llama.PreNormBlock(
                at,
                attention with { Rotary = rotary, Options = attention.Options with { Window = windows[layer] }, Sinks = inner.Vector("sinks", llama.Config.Heads) },
                Mixture(config, llama.Config, at.At("mlp")));
        });
    }

    private static MixtureOfExperts Mixture(ModelConfig config, DecoderConfig c, WeightBuilder at)
    {
        (int count, int topK) = ExpertLayouts.Counts(config, topK: 4);
        WeightBuilder gate = at.At("router");
        WeightBuilder inner = at.At("experts");

        // The softmax over the chosen logits is that over all, divided by the sum of the chosen.
        var router = new Router(
            gate.Path, gate.Array("weight", [count, c.HiddenSize]), gate.Vector("bias", count), correction: null, new RouterOptions { TopK = topK, Normalise = true });
        var experts = new ClampedExperts(
            inner.Path,
            inner.Array("gate_up_proj", [count, c.HiddenSize, 2 * c.IntermediateSize]),
            inner.Array("gate_up_proj_bias", [count, 2 * c.IntermediateSize]),
            inner.Array("down_proj", [count, c.IntermediateSize, c.HiddenSize]),
            inner.Array("down_proj_bias", [count, c.HiddenSize]),
            config.GetDouble("swiglu_alpha", 1.702),
            config.GetDouble("swiglu_limit", 7));
        return new MixtureOfExperts(at.Path, router, experts);
    }
}
