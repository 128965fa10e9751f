using Attune.Formats;
using Attune.Models.Decoders;
using Attune.Nn;
using Attune.Nn.FeedForward;

namespace Attune.Models.Families;

/// <summary>Gemma (Gemma Team 2024): Llama with embeddings times sqrt(C), norms that scale by 1 + w, and GELU.</summary>
internal static class Gemma
{
    private const int UsualHeadSize = 256;

    public static CausalLmModel Load(ModelConfig config, WeightBuilder weights)
    {
        LlamaStyle llama = Style(config, weights);
        RotaryEmbedding rotary = llama.Rotary();
        bool bias = config.GetBoolean("attention_bias", false);
        return llama.Build(
            (at, layer) => llama.PreNormBlock(at, llama.Attention(at.At("self_attn"), layer, bias, bias) with { Rotary = rotary }, llama.GatedMlp(at.At("mlp"))),
            parts => parts with { EmbeddingScale = Math.Sqrt(llama.Config.HiddenSize) });
    }

    /// <summary>What all Gemma models have in common.</summary>
    public static LlamaStyle Style(ModelConfig config, WeightBuilder weights)
    {
        DecoderConfig c = DecoderConfig.Read(config, tied: true, headSize: UsualHeadSize);
        return new LlamaStyle(config, c, weights)
        {
            Norm = (at, name) => at.RmsNorm(name, c.HiddenSize, c.NormEpsilon, offset: 1),
            Activation = ReadActivation(config),
        };
    }

    /// <summary>Gemma was trained with the form with the hyperbolic tangent; its first configurations name the other one.</summary>
    private static Activation ReadActivation(ModelConfig config)
    {
        string key = config.Present("hidden_activation", "hidden_act");
        return Activations.FromConfig(config.FindString(key) == "gelu" ? config.With(key, "gelu_pytorch_tanh") : config, key, "gelu_pytorch_tanh");
    }
}
