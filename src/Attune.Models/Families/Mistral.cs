using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>Mistral (Jiang et al. 2023): Llama whose layers see only the last tokens.</summary>
internal static class Mistral
{
    private const int UsualWindow = 4096;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config), weights);
        RotaryEmbedding rotary = llama.Rotary();
        int window = config.IsNull("sliding_window") ? 0 : config.GetPositive("sliding_window", UsualWindow);
        return llama.Build((at, layer) =>
        {
            AttentionParts attention = llama.Attention(at.At("self_attn"), layer);
            return llama.PreNormBlock(
                at, attention with { Rotary = rotary, Options = attention.Options with { Window = window } }, llama.GatedMlp(at.At("mlp")));
        });
    }
}
