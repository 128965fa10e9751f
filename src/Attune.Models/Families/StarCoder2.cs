using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>StarCoder2 (Lozhkov et al. 2024): grouped-query attention with windows, layer norms, biases and an ungated layer with GELU.</summary>
internal static class StarCoder2
{
    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, epsilon: 1e-5, tied: true);
        var llama = new LlamaStyle(config, c, weights)
        {
            Norm = (at, name) => at.LayerNorm(name, c.HiddenSize, c.NormEpsilon),
            Activation = Activations.FromConfig(config, "hidden_act", "gelu_pytorch_tanh"),
        };
        RotaryEmbedding rotary = llama.Rotary();
        bool bias = config.GetBoolean("use_bias", true);
        int window = config.FindPositive("sliding_window") ?? 0;
        return llama.Build((at, layer) =>
        {
            AttentionParts attention = llama.Attention(at.At("self_attn"), layer, bias, bias);
            return llama.PreNormBlock(
                at, attention with { Rotary = rotary, Options = attention.Options with { Window = window } }, llama.Mlp(at.At("mlp"), "c_fc", "c_proj", bias));
        });
    }
}
