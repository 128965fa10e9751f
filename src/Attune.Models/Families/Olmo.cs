using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;

namespace Attune.Models.Families;

/// <summary>OLMo (Groeneveld et al. 2024): Llama with norms that have no weights and a limit of queries, keys and values.</summary>
internal static class Olmo
{
    private const double Epsilon = 1e-5;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config);
        var llama = new LlamaStyle(config, c, weights)
        {
            Norm = (at, name) => new LayerNorm(at.At(name).Path, c.HiddenSize, weight: null, bias: null, Epsilon, weights.Options.Compute),
        };
        RotaryEmbedding rotary = llama.Rotary();
        bool bias = config.GetBoolean("attention_bias", false);
        double? clip = config.FindDouble("clip_qkv");
        return llama.Build((at, layer) => llama.PreNormBlock(
            at, llama.Attention(at.At("self_attn"), layer, bias, bias) with { Rotary = rotary, Clip = clip }, llama.GatedMlp(at.At("mlp"))));
    }
}
