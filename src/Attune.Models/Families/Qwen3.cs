using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.Attention;

namespace Attune.Models.Families;

/// <summary>Qwen3 (Yang et al. 2025): Qwen2 without biases, with a norm over each head of queries and keys.</summary>
internal static class Qwen3
{
    private const int UsualHeadSize = 128;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        var llama = new LlamaStyle(config, DecoderConfig.Read(config, headSize: UsualHeadSize), weights);
        RotaryEmbedding rotary = llama.Rotary();
        int[] windows = Qwen2.Windows(config, llama.Config.Layers);
        bool bias = config.GetBoolean("attention_bias", false);
        return llama.Build((at, layer) => llama.PreNormBlock(
            at, Attention(llama, at.At("self_attn"), layer, bias, rotary, windows[layer]), llama.GatedMlp(at.At("mlp"))));
    }

    /// <summary>Attention of Qwen3 models.</summary>
    public static AttentionParts Attention(LlamaStyle llama, WeightBuilder at, int layer, bool bias, RotaryEmbedding rotary, int window)
    {
        AttentionParts attention = llama.Attention(at, layer, bias, bias);
        return attention with
        {
            Rotary = rotary,
            QueryNorm = at.RmsNorm("q_norm", llama.Config.HeadSize, llama.Config.NormEpsilon),
            KeyNorm = at.RmsNorm("k_norm", llama.Config.HeadSize, llama.Config.NormEpsilon),
            Options = attention.Options with { Window = window },
        };
    }
}
