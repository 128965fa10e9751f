using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;
using Attune.Nn.Blocks;

namespace Attune.Models.Families;

/// <summary>Phi-1 and Phi-2 (Li et al. 2023): attention and feed-forward layer in parallel from one norm, biases everywhere, positions in a part of each head.</summary>
internal static class Phi
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5);
        var llama = new LlamaStyle(config, c, weights)
        {
            Norm = (at, name) => at.LayerNorm(name, c.HiddenSize, c.NormEpsilon),
            Activation = Activations.FromConfig(config, "hidden_act", "gelu_new"),
            FinalNorm = "final_layernorm",
            HeadBias = true,
        };
        RotaryEmbedding rotary = llama.Rotary(partial: 0.5);
        bool norms = config.GetBoolean("qk_layernorm", false);
        return llama.Build(
            (at, layer) =>
            {
                WeightBuilder inner = at.At("self_attn");
                AttentionParts attention = c.SeparateAttention(inner, layer, "dense", bias: true, outputBias: true) with
                {
                    Rotary = rotary,
                    QueryNorm = norms ? inner.LayerNorm("q_layernorm", c.HeadSize, c.NormEpsilon) : null,
                    KeyNorm = norms ? inner.LayerNorm("k_layernorm", c.HeadSize, c.NormEpsilon) : null,
                };
                return new ParallelBlock(
                    at.Path, llama.Norm(at, "input_layernorm"), new SelfAttention(inner.Path, attention), null, llama.Mlp(at.At("mlp"), "fc1", "fc2", bias: true));
            },
            parts => parts with { LoraTargets = ["q_proj", "v_proj", "fc1", "fc2"] });
    }
}
